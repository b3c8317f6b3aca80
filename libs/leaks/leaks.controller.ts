import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Leak, LeakPage, LeakQuery, LeakReceipt, ReportLeak } from '@keytrail/contracts';
import { ApiQueryOf, CurrentCaller, RequirePermission, type Caller } from '@keytrail/platform';
import { Leaks } from './leaks.service.js';

@ApiTags('leaks')
@Controller('v1/leaks')
export class LeaksController {
  constructor(private readonly leaks: Leaks) {}

  @Post()
  @HttpCode(200)
  @RequirePermission('leaks:write')
  @ApiOperation({
    summary: 'Report leaked secrets, or keys whose secret leaked, as a person or a scanner',
    description: 'Each key gets an incident, or joins the one it has. The same report again changes nothing. Secrets are kept nowhere.',
  })
  @ApiResponse({ status: 200, standardSchema: LeakReceipt })
  report(@CurrentCaller() caller: Caller, @Body({ schema: ReportLeak }) body: ReportLeak): Promise<LeakReceipt> {
    return this.leaks.report(caller, body);
  }

  @Get()
  @RequirePermission('leaks:read')
  @ApiOperation({ summary: 'Reports of leaked secrets, newest first' })
  @ApiQueryOf(LeakQuery)
  @ApiResponse({ status: 200, standardSchema: LeakPage })
  list(@CurrentCaller() caller: Caller, @Query({ schema: LeakQuery }) query: LeakQuery): Promise<LeakPage> {
    return this.leaks.list(caller, query);
  }

  @Get(':leak_id')
  @RequirePermission('leaks:read')
  @ApiOperation({ summary: 'One report: the keys that leaked, their owners, where they were found, and the incident of each' })
  @ApiResponse({ status: 200, standardSchema: Leak })
  get(@CurrentCaller() caller: Caller, @Param('leak_id') leakId: string): Promise<Leak> {
    return this.leaks.get(caller, leakId);
  }
}
