import { Body, Controller, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import {
  CreateSuppression, EndSuppression, JudgedFinding, NotAThreat, Problem, RuleOf, RuleOfList, RuleOfQuery, SetRule, Suppression, SuppressionPage, SuppressionQuery,
} from '@keytrail/contracts';
import { ApiQueryOf, CurrentCaller, RequirePermission, type Caller } from '@keytrail/platform';
import { FindingVerdicts } from './not-a-threat.service.js';
import { SetRules } from './set-rules.service.js';
import { Suppressions } from './suppressions.service.js';

@ApiTags('detection')
@Controller('v1')
export class TuningController {
  constructor(private readonly rules: SetRules, private readonly suppressions: Suppressions, private readonly verdicts: FindingVerdicts) {}

  @Get('workspaces/:workspace_id/rules')
  @RequirePermission('findings:read')
  @ApiOperation({ summary: 'Every rule as it counts for a workspace, or for one of its keys' })
  @ApiQueryOf(RuleOfQuery)
  @ApiResponse({ status: 200, standardSchema: RuleOfList })
  async list(
    @CurrentCaller() caller: Caller, @Param('workspace_id') workspace: string, @Query({ schema: RuleOfQuery }) { key_id }: RuleOfQuery,
  ): Promise<RuleOfList> {
    return { data: await this.rules.list(caller.scope, { workspace_id: workspace, key_id: key_id ?? null }) };
  }

  @Put('workspaces/:workspace_id/rules/:rule_id')
  @RequirePermission('detection:tune')
  @ApiOperation({ summary: 'Set a rule for a workspace, or for one of its keys: on or off, settings, severity, who is allowed; {} puts it back' })
  @ApiQueryOf(RuleOfQuery)
  @ApiResponse({ status: 200, standardSchema: RuleOf })
  @ApiResponse({ status: 400, description: 'The rule has no such setting, or it takes another value', standardSchema: Problem })
  set(
    @CurrentCaller() caller: Caller, @Param('workspace_id') workspace: string, @Param('rule_id') rule: string, @Query({ schema: RuleOfQuery }) { key_id }: RuleOfQuery,
    @Body({ schema: SetRule }) body: SetRule,
  ): Promise<RuleOf> {
    return this.rules.set(caller, { workspace_id: workspace, key_id: key_id ?? null }, rule, body);
  }

  @Get('suppressions')
  @RequirePermission('findings:read')
  @ApiOperation({ summary: 'What is held back for a time, or was, newest first' })
  @ApiQueryOf(SuppressionQuery)
  @ApiResponse({ status: 200, standardSchema: SuppressionPage })
  listSuppressions(@CurrentCaller() caller: Caller, @Query({ schema: SuppressionQuery }) query: SuppressionQuery): Promise<SuppressionPage> {
    return this.suppressions.list(caller.scope, query);
  }

  @Post('suppressions')
  @RequirePermission('detection:tune')
  @ApiOperation({ summary: 'Hold findings back for a time: a maintenance window, or noise that is being looked after' })
  @ApiResponse({ status: 201, standardSchema: Suppression })
  suppress(@CurrentCaller() caller: Caller, @Body({ schema: CreateSuppression }) body: CreateSuppression): Promise<Suppression> {
    return this.suppressions.create(caller, body);
  }

  @Post('suppressions/:suppression_id/end')
  @HttpCode(200)
  @RequirePermission('detection:tune')
  @ApiOperation({ summary: 'End a suppression now' })
  @ApiResponse({ status: 200, standardSchema: Suppression })
  @ApiResponse({ status: 409, description: 'It has ended already', standardSchema: Problem })
  endSuppression(
    @CurrentCaller() caller: Caller, @Param('suppression_id') id: string, @Body({ schema: EndSuppression }) body: EndSuppression,
  ): Promise<Suppression> {
    return this.suppressions.end(caller, id, body);
  }

  @Post('findings/:finding_id/not-a-threat')
  @HttpCode(200)
  @RequirePermission('incidents:write')
  @ApiOperation({ summary: 'Say that a finding is no threat, and allow its callers from now on if you like; that takes detection:tune too' })
  @ApiResponse({ status: 200, standardSchema: JudgedFinding })
  @ApiResponse({ status: 409, description: 'It names nobody who could be allowed, or too many', standardSchema: Problem })
  notAThreat(@CurrentCaller() caller: Caller, @Param('finding_id') id: string, @Body({ schema: NotAThreat }) body: NotAThreat): Promise<JudgedFinding> {
    return this.verdicts.notAThreat(caller, id, body);
  }
}
