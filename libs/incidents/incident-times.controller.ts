import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { IncidentTimesQuery, IncidentTimesReport } from '@keytrail/contracts';
import { ApiQueryOf, CurrentCaller, RequirePermission, type Caller } from '@keytrail/platform';
import { Incidents } from './incidents.service.js';

@ApiTags('incidents')
@Controller('v1/incident-times')
export class IncidentTimesController {
  constructor(private readonly incidents: Incidents) {}

  @Get()
  @RequirePermission('incidents:read')
  @ApiOperation({ summary: 'How long incidents took to be detected, acknowledged, contained and resolved: in all, by severity and week by week' })
  @ApiQueryOf(IncidentTimesQuery)
  @ApiResponse({ status: 200, standardSchema: IncidentTimesReport })
  report(@CurrentCaller() caller: Caller, @Query({ schema: IncidentTimesQuery }) query: IncidentTimesQuery): Promise<IncidentTimesReport> {
    return this.incidents.times(caller.scope, query);
  }
}
