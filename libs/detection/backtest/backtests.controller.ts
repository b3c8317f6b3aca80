import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Backtest, BacktestFindings, BacktestFindingsQuery, BacktestPage, BacktestQuery, CancelBacktest, CreateBacktest, Problem } from '@keytrail/contracts';
import { ApiQueryOf, CurrentCaller, RequirePermission, type Caller } from '@keytrail/platform';
import { Backtests } from './backtests.service.js';

@ApiTags('detection')
@Controller('v1/backtests')
export class BacktestsController {
  constructor(private readonly backtests: Backtests) {}

  @Get()
  @RequirePermission('findings:read')
  @ApiOperation({ summary: 'Backtests over stored request logs, newest first' })
  @ApiQueryOf(BacktestQuery)
  @ApiResponse({ status: 200, standardSchema: BacktestPage })
  list(@CurrentCaller() caller: Caller, @Query({ schema: BacktestQuery }) query: BacktestQuery): Promise<BacktestPage> {
    return this.backtests.list(caller.scope, query);
  }

  @Post()
  @HttpCode(202)
  @RequirePermission('backtests:run')
  @ApiOperation({ summary: 'Judge stored request logs again: as rules are, with other settings, or with a rule that is tried out. They run one after the other' })
  @ApiResponse({ status: 202, standardSchema: Backtest })
  @ApiResponse({ status: 400, description: 'There is no such setting, a rule holds what is not supported, or the period cannot be', standardSchema: Problem })
  @ApiResponse({ status: 409, description: 'Too many wait already', standardSchema: Problem })
  create(@CurrentCaller() caller: Caller, @Body({ schema: CreateBacktest }) body: CreateBacktest): Promise<Backtest> {
    return this.backtests.create(caller, body);
  }

  @Get(':backtest_id')
  @RequirePermission('findings:read')
  @ApiOperation({ summary: 'How far a backtest is, and what came of it' })
  @ApiResponse({ status: 200, standardSchema: Backtest })
  get(@CurrentCaller() caller: Caller, @Param('backtest_id') id: string): Promise<Backtest> {
    return this.backtests.get(caller.scope, id);
  }

  @Get(':backtest_id/findings')
  @RequirePermission('findings:read')
  @ApiOperation({ summary: 'What a backtest found, earliest first; with what_if, which would come, go or tell another story' })
  @ApiQueryOf(BacktestFindingsQuery)
  @ApiResponse({ status: 200, standardSchema: BacktestFindings })
  findings(
    @CurrentCaller() caller: Caller, @Param('backtest_id') id: string, @Query({ schema: BacktestFindingsQuery }) query: BacktestFindingsQuery,
  ): Promise<BacktestFindings> {
    return this.backtests.findings(caller.scope, id, query);
  }

  @Post(':backtest_id/cancel')
  @HttpCode(200)
  @RequirePermission('backtests:run')
  @ApiOperation({ summary: 'Cancel a backtest that waits or runs' })
  @ApiResponse({ status: 200, standardSchema: Backtest })
  @ApiResponse({ status: 409, description: 'It has ended already', standardSchema: Problem })
  cancel(@CurrentCaller() caller: Caller, @Param('backtest_id') id: string, @Body({ schema: CancelBacktest }) body: CancelBacktest): Promise<Backtest> {
    return this.backtests.cancel(caller, id, body);
  }
}
