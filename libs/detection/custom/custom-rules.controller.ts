import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CreateCustomRule, CustomRuleFile, CustomRulePage, CustomRuleQuery, Problem } from '@keytrail/contracts';
import { ApiQueryOf, CurrentCaller, RequirePermission, type Caller } from '@keytrail/platform';
import { CustomRuleFiles } from './custom-rule-files.service.js';

@ApiTags('detection')
@Controller('v1/custom-rules')
export class CustomRulesController {
  constructor(private readonly files: CustomRuleFiles) {}

  @Get()
  @RequirePermission('findings:read')
  @ApiOperation({ summary: 'Rules of your own, newest first; those of a folder are not listed' })
  @ApiQueryOf(CustomRuleQuery)
  @ApiResponse({ status: 200, standardSchema: CustomRulePage })
  list(@CurrentCaller() caller: Caller, @Query({ schema: CustomRuleQuery }) query: CustomRuleQuery): Promise<CustomRulePage> {
    return this.files.list(caller.scope, query);
  }

  @Post()
  @RequirePermission('detection:tune')
  @ApiOperation({ summary: 'Add a Sigma rule over request logs; it is asked from the next tick on' })
  @ApiResponse({ status: 201, standardSchema: CustomRuleFile })
  @ApiResponse({ status: 400, description: 'The rule holds what is not supported; the answer names it', standardSchema: Problem })
  create(@CurrentCaller() caller: Caller, @Body({ schema: CreateCustomRule }) body: CreateCustomRule): Promise<CustomRuleFile> {
    return this.files.create(caller, body);
  }

  @Delete(':custom_rule_id')
  @HttpCode(204)
  @RequirePermission('detection:tune')
  @ApiOperation({ summary: 'Remove a rule; what it found stays' })
  @ApiResponse({ status: 204, description: 'Removed' })
  remove(@CurrentCaller() caller: Caller, @Param('custom_rule_id') id: string): Promise<void> {
    return this.files.remove(caller, id);
  }
}
