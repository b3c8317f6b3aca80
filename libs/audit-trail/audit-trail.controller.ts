import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AuditPage, AuditQuery } from '@keytrail/contracts';
import { ApiQueryOf, CurrentCaller, RequirePermission, type Caller } from '@keytrail/platform';
import { AuditTrail } from './audit-trail.store.js';

@ApiTags('audit trail')
@Controller('v1/audit-entries')
export class AuditTrailController {
  constructor(private readonly auditTrail: AuditTrail) {}

  @Get()
  @RequirePermission('audit:read')
  @ApiOperation({ summary: 'Who did what, on what, from where and why; newest first' })
  @ApiQueryOf(AuditQuery)
  @ApiResponse({ status: 200, standardSchema: AuditPage })
  list(@CurrentCaller() caller: Caller, @Query({ schema: AuditQuery }) query: AuditQuery): Promise<AuditPage> {
    return this.auditTrail.list(caller.scope, query);
  }
}
