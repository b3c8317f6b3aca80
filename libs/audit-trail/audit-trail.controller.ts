import { Controller, Get, Param, Query, StreamableFile } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Readable } from 'node:stream';
import {
  AuditCheckpoint, AuditCheckpointPage, AuditCheckpointQuery, AuditExportLine, AuditExportQuery, AuditPage, AuditProof, AuditQuery, CheckpointKeySet,
  ConsistencyProof, ConsistencyQuery,
} from '@keytrail/contracts';
import { ApiQueryOf, CurrentCaller, RequirePermission, notFound, type Caller } from '@keytrail/platform';
import { AuditExport } from './audit-export.service.js';
import { AuditProofs } from './audit-proofs.service.js';
import { AuditTrail } from './audit-trail.store.js';
import { Checkpoints } from './checkpoints.service.js';

@ApiTags('audit trail')
@Controller('v1')
export class AuditTrailController {
  constructor(
    private readonly auditTrail: AuditTrail, private readonly checkpoints: Checkpoints, private readonly proofs: AuditProofs,
    private readonly auditExport: AuditExport,
  ) {}

  @Get('audit-entries')
  @RequirePermission('audit:read')
  @ApiOperation({ summary: 'Who did what, on what, from where and why; newest first' })
  @ApiQueryOf(AuditQuery)
  @ApiResponse({ status: 200, standardSchema: AuditPage })
  list(@CurrentCaller() caller: Caller, @Query({ schema: AuditQuery }) query: AuditQuery): Promise<AuditPage> {
    return this.auditTrail.list(caller.scope, query);
  }

  @Get('audit/entries/:entry_id/proof')
  @RequirePermission('audit:read')
  @ApiOperation({ summary: 'That an entry is in the tree of the latest checkpoint (RFC 6962)' })
  @ApiResponse({ status: 200, standardSchema: AuditProof })
  proof(@CurrentCaller() caller: Caller, @Param('entry_id') entryId: string): Promise<AuditProof> {
    if (!/^\d{1,15}$/.test(entryId)) throw notFound('audit entry');
    return this.proofs.ofEntry(caller.scope, Number(entryId));
  }

  @Get('audit/consistency')
  @RequirePermission('audit:read')
  @ApiOperation({ summary: 'That the tree of one size is the beginning of that of another (RFC 6962)' })
  @ApiQueryOf(ConsistencyQuery)
  @ApiResponse({ status: 200, standardSchema: ConsistencyProof })
  consistency(@Query({ schema: ConsistencyQuery }) query: ConsistencyQuery): Promise<ConsistencyProof> {
    return this.proofs.ofConsistency(query);
  }

  @Get('audit/checkpoints')
  @RequirePermission('audit:read')
  @ApiOperation({ summary: 'Signed checkpoints, newest first; one a minute' })
  @ApiQueryOf(AuditCheckpointQuery)
  @ApiResponse({ status: 200, standardSchema: AuditCheckpointPage })
  listCheckpoints(@Query({ schema: AuditCheckpointQuery }) query: AuditCheckpointQuery): Promise<AuditCheckpointPage> {
    return this.checkpoints.list(query);
  }

  @Get('audit/checkpoints/latest')
  @RequirePermission('audit:read')
  @ApiOperation({ summary: 'The latest checkpoint; who keeps it elsewhere can tell later whether the record was written anew' })
  @ApiResponse({ status: 200, standardSchema: AuditCheckpoint })
  latestCheckpoint(): Promise<AuditCheckpoint> {
    return this.checkpoints.latest();
  }

  @Get('audit/public-keys')
  @RequirePermission('audit:read')
  @ApiOperation({ summary: 'Public keys of the checkpoints, as a JSON Web Key Set' })
  @ApiResponse({ status: 200, standardSchema: CheckpointKeySet })
  publicKeys(): Promise<CheckpointKeySet> {
    return this.checkpoints.keys();
  }

  @Get('audit/export')
  @RequirePermission('audit:export')
  @ApiOperation({
    summary: 'The record with its checkpoints, as NDJSON that `keytrail audit verify` checks offline',
    description: 'For callers of the whole account. Lines are AuditExportLine: a signed header, entries in the order of the tree, each checkpoint behind the last entry it covers.',
  })
  @ApiQueryOf(AuditExportQuery)
  @ApiProduces('application/x-ndjson')
  @ApiResponse({ status: 200, standardSchema: AuditExportLine })
  async export(@CurrentCaller() caller: Caller, @Query({ schema: AuditExportQuery }) query: AuditExportQuery): Promise<StreamableFile> {
    const lines = await this.auditExport.start(caller, query);
    return new StreamableFile(Readable.from(lines), { type: 'application/x-ndjson', disposition: 'attachment; filename="audit-trail.ndjson"' });
  }
}
