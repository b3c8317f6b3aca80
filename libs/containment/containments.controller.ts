import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CancelContainment, CompleteContainment, Containment, ContainmentPage, ContainmentQuery, Problem, ResumeContainment, ResumedContainment } from '@keytrail/contracts';
import { ApiQueryOf, CurrentCaller, RequirePermission, type Caller } from '@keytrail/platform';
import { ContainmentView } from './containment-view.service.js';
import { RemoteContainments } from './remote/remote-containment.service.js';
import { OverlapEnd } from './overlap-end.service.js';

@ApiTags('containment')
@Controller('v1/containments')
export class ContainmentsController {
  constructor(private readonly view: ContainmentView, private readonly end: OverlapEnd, private readonly remote: RemoteContainments) {}

  @Get()
  @RequirePermission('containments:read')
  @ApiOperation({ summary: 'What was done about keys, newest first' })
  @ApiQueryOf(ContainmentQuery)
  @ApiResponse({ status: 200, standardSchema: ContainmentPage })
  list(@CurrentCaller() caller: Caller, @Query({ schema: ContainmentQuery }) query: ContainmentQuery): Promise<ContainmentPage> {
    return this.view.list(caller.scope, query);
  }

  @Get(':containment_id')
  @RequirePermission('containments:read')
  @ApiOperation({ summary: 'What is done and what is not; while both keys live, who has moved; after the revocation, its proof and the recovery of each caller' })
  @ApiResponse({ status: 200, standardSchema: Containment })
  get(@CurrentCaller() caller: Caller, @Param('containment_id') id: string): Promise<Containment> {
    return this.view.get(caller.scope, id);
  }

  @Post(':containment_id/complete')
  @HttpCode(200)
  @RequirePermission('containments:write')
  @ApiOperation({ summary: 'Revoke the old key, for good: when every caller has moved, or by force' })
  @ApiResponse({ status: 200, standardSchema: Containment })
  @ApiResponse({ status: 409, description: 'Not every caller has moved, or it was cancelled', standardSchema: Problem })
  async complete(
    @CurrentCaller() caller: Caller, @Param('containment_id') id: string, @Body({ schema: CompleteContainment }) body: CompleteContainment,
  ): Promise<Containment> {
    await this.end.complete(caller, id, body);
    return this.view.get(caller.scope, id);
  }

  @Post(':containment_id/cancel')
  @HttpCode(200)
  @RequirePermission('containments:write')
  @ApiOperation({ summary: 'Revoke the new key and keep the old one; only while both live' })
  @ApiResponse({ status: 200, standardSchema: Containment })
  @ApiResponse({ status: 409, description: 'The old key is revoked already', standardSchema: Problem })
  async cancel(
    @CurrentCaller() caller: Caller, @Param('containment_id') id: string, @Body({ schema: CancelContainment }) body: CancelContainment,
  ): Promise<Containment> {
    await this.end.cancel(caller, id, body);
    return this.view.get(caller.scope, id);
  }

  @Post(':containment_id/resume')
  @HttpCode(200)
  @RequirePermission('containments:write')
  @ApiOperation({ summary: 'Go on with what the key platform has not done yet, as far as it goes; changes nothing when all is done' })
  @ApiResponse({ status: 200, standardSchema: ResumedContainment })
  @ApiResponse({ status: 409, description: 'Somebody is working on it now', standardSchema: Problem })
  async resume(
    @CurrentCaller() caller: Caller, @Param('containment_id') id: string, @Body({ schema: ResumeContainment }) body: ResumeContainment,
  ): Promise<ResumedContainment> {
    await this.view.get(caller.scope, id);
    const { shown } = await this.remote.resume(caller, id, body.reason ?? null);
    return { ...await this.view.get(caller.scope, id), shown: Object.keys(shown).length === 0 ? null : { ...shown } };
  }
}
