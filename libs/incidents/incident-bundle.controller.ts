import { Controller, Get, Header, Param } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { IncidentBundle } from '@keytrail/contracts';
import { CurrentCaller, RequirePermission, type Caller } from '@keytrail/platform';
import { IncidentBundles } from './incident-bundle.service.js';

@ApiTags('incidents')
@Controller('v1/incidents')
export class IncidentBundleController {
  constructor(private readonly bundles: IncidentBundles) {}

  @Get(':incident_id/bundle')
  // Whoever may read audit entries may read incidents too.
  @RequirePermission('audit:read')
  @Header('content-type', 'application/json; charset=utf-8')
  @ApiOperation({
    summary: 'One incident with its timeline, evidence and audit entries, signed; `keytrail audit verify` checks it offline',
    description: 'Each audit entry comes with the proof that it is in the tree of the checkpoint. That a bundle was made is noted in the audit trail.',
  })
  @ApiResponse({ status: 200, standardSchema: IncidentBundle })
  make(@CurrentCaller() caller: Caller, @Param('incident_id') incidentId: string): Promise<string> {
    return this.bundles.make(caller, incidentId);
  }
}
