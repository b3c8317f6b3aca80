import { Body, Controller, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { DetectionFinding, Incident, IncidentPage, IncidentQuery, MergeIncident, Problem, SplitIncident, UpdateIncident } from '@keytrail/contracts';
import { ApiQueryOf, CurrentCaller, RequirePermission, type Caller } from '@keytrail/platform';
import { Incidents } from './incidents.service.js';
import { MergedIncidents } from './merged-incidents.service.js';

@ApiTags('incidents')
@Controller('v1/incidents')
export class IncidentsController {
  constructor(private readonly incidents: Incidents, private readonly merged: MergedIncidents) {}

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
  @ApiOperation({ summary: 'One incident: its story, keys, timeline, evidence, similar ones of before, and what to do' })
  @ApiResponse({ status: 200, standardSchema: Incident })
  get(@CurrentCaller() caller: Caller, @Param('incident_id') incidentId: string): Promise<Incident> {
    return this.incidents.get(caller.scope, incidentId);
  }

  @Get(':incident_id/ocsf')
  @RequirePermission('incidents:read')
  @ApiOperation({ summary: 'One incident as a Detection Finding of OCSF 1.4 (class 2004)' })
  @ApiResponse({ status: 200, standardSchema: DetectionFinding })
  ocsf(@CurrentCaller() caller: Caller, @Param('incident_id') incidentId: string): Promise<DetectionFinding> {
    return this.incidents.ocsf(caller.scope, incidentId);
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

  @Post(':incident_id/merge')
  @HttpCode(200)
  @RequirePermission('incidents:write')
  @ApiOperation({ summary: 'Give all its findings to another incident, which is shown; this one is closed for good' })
  @ApiResponse({ status: 200, standardSchema: Incident })
  @ApiResponse({ status: 409, description: 'One of both is closed', standardSchema: Problem })
  async merge(@CurrentCaller() caller: Caller, @Param('incident_id') incidentId: string, @Body({ schema: MergeIncident }) body: MergeIncident): Promise<Incident> {
    await this.merged.merge(caller, incidentId, body);
    return this.incidents.get(caller.scope, body.into);
  }

  @Post(':incident_id/split')
  @RequirePermission('incidents:write')
  @ApiOperation({ summary: 'Make an incident of its own of some findings; the new one is shown' })
  @ApiResponse({ status: 201, standardSchema: Incident })
  @ApiResponse({ status: 409, description: 'It is closed, or would keep no finding', standardSchema: Problem })
  async split(@CurrentCaller() caller: Caller, @Param('incident_id') incidentId: string, @Body({ schema: SplitIncident }) body: SplitIncident): Promise<Incident> {
    return this.incidents.get(caller.scope, await this.merged.split(caller, incidentId, body));
  }
}
