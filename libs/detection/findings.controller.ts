import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { FindingPage, FindingQuery, RuleList } from '@keytrail/contracts';
import { ApiQueryOf, CurrentCaller, RequirePermission, type Caller } from '@keytrail/platform';
import { FindingStore } from './finding.store.js';
import { ruleCatalogue } from './rules/index.js';

@ApiTags('detection')
@Controller('v1')
export class FindingsController {
  constructor(private readonly findings: FindingStore) {}

  @Get('findings')
  @RequirePermission('findings:read')
  @ApiOperation({ summary: 'What the rules found, latest first' })
  @ApiQueryOf(FindingQuery)
  @ApiResponse({ status: 200, standardSchema: FindingPage })
  list(@CurrentCaller() caller: Caller, @Query({ schema: FindingQuery }) query: FindingQuery): Promise<FindingPage> {
    return this.findings.list(caller.scope, query);
  }

  @Get('rules')
  @RequirePermission('findings:read')
  @ApiOperation({ summary: 'The rules: what they look for, why, and what to do' })
  @ApiResponse({ status: 200, standardSchema: RuleList })
  rules(): RuleList {
    return { data: ruleCatalogue.map(({ lasting: _, ...rule }) => rule) };
  }
}
