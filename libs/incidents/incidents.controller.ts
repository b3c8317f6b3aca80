import { Body, Controller, Get, Param, Patch, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Incident, IncidentPage, IncidentQuery, UpdateIncident } from '@keytrail/contracts';
import { ApiQueryOf, CurrentCaller, RequirePermission, type Caller } from '@keytrail/platform';
import { Incidents } from './incidents.service.js';

@ApiTags('incidents')
@Controller('v1/incidents')
export class IncidentsController {
  constructor(private readonly incidents: Incidents) {}

  @Get()
  @RequirePermission('incidents:read')
  @ApiOperation({ summary: 'Incidents, latest first' })
  @ApiQueryOf(IncidentQuery)
  @ApiResponse({ status: 200, standardSchema: IncidentPage })
  list(@CurrentCaller() caller: Caller, @Query({ schema: IncidentQuery }) query: IncidentQuery): Promise<IncidentPage> {
    return this.incidents.list(caller.scope, query);
  }

  @Get(':incident_id')
  @RequirePermission('incidents:read')
  @ApiOperation({ summary: 'One incident with its timeline, evidence and suggested actions' })
  @ApiResponse({ status: 200, standardSchema: Incident })
  get(@CurrentCaller() caller: Caller, @Param('incident_id') incidentId: string): Promise<Incident> {
    return this.incidents.get(caller.scope, incidentId);
  }

  @Patch(':incident_id')
  @RequirePermission('incidents:write')
  @ApiOperation({ summary: 'Acknowledge, resolve, call a false positive, reopen, or add a note' })
  @ApiResponse({ status: 200, standardSchema: Incident })
  update(
    @CurrentCaller() caller: Caller, @Param('incident_id') incidentId: string, @Body({ schema: UpdateIncident }) body: UpdateIncident,
  ): Promise<Incident> {
    return this.incidents.update(caller, incidentId, body);
  }
}
