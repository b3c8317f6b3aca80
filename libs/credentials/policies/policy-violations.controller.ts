import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { PolicySummary, PolicySummaryQuery, PolicyViolationPage, PolicyViolationQuery } from '@keytrail/contracts';
import { ApiQueryOf, CurrentCaller, RequirePermission, type Caller } from '@keytrail/platform';
import { PolicyViolations } from './policy-violations.service.js';

@ApiTags('policies')
@Controller('v1/policy-violations')
export class PolicyViolationsController {
  constructor(private readonly violations: PolicyViolations) {}

  @Get()
  @RequirePermission('policy-violations:read')
  @ApiOperation({ summary: 'Keys that violate a policy, or did, newest first, each with what to do about it' })
  @ApiQueryOf(PolicyViolationQuery)
  @ApiResponse({ status: 200, standardSchema: PolicyViolationPage })
  list(@CurrentCaller() caller: Caller, @Query({ schema: PolicyViolationQuery }) query: PolicyViolationQuery): Promise<PolicyViolationPage> {
    return this.violations.list(caller.scope, query);
  }

  @Get('summary')
  @RequirePermission('policy-violations:read')
  @ApiOperation({ summary: 'Every policy with its open violations counted, and when keys were checked last' })
  @ApiQueryOf(PolicySummaryQuery)
  @ApiResponse({ status: 200, standardSchema: PolicySummary })
  summary(@CurrentCaller() caller: Caller, @Query({ schema: PolicySummaryQuery }) query: PolicySummaryQuery): Promise<PolicySummary> {
    return this.violations.summary(caller.scope, query);
  }
}
