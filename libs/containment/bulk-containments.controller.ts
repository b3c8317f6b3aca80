import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { BulkAnswer, BulkContain, BulkContainment, Problem, ResumeBulkContainment } from '@keytrail/contracts';
import { CurrentCaller, RequirePermission, type Caller } from '@keytrail/platform';
import { BulkContainments } from './bulk-containment.service.js';

@ApiTags('containment')
@Controller('v1/bulk-containments')
export class BulkContainmentsController {
  constructor(private readonly bulk: BulkContainments) {}

  @Post()
  @HttpCode(200)
  @RequirePermission('containments:write')
  @ApiOperation({ summary: 'Revoke, replace or rotate all keys of an owner, of a workspace or of a leak report: without plan_token a dry run, with it the real thing' })
  @ApiResponse({ status: 200, standardSchema: BulkAnswer })
  @ApiResponse({ status: 409, description: 'It is no longer what the plan showed', standardSchema: Problem })
  contain(@CurrentCaller() caller: Caller, @Body({ schema: BulkContain }) body: BulkContain): Promise<BulkAnswer> {
    return this.bulk.contain(caller, body);
  }

  @Get(':bulk_id')
  @RequirePermission('containments:read')
  @ApiOperation({ summary: 'What came of each key of a bulk order' })
  @ApiResponse({ status: 200, standardSchema: BulkContainment })
  get(@CurrentCaller() caller: Caller, @Param('bulk_id') bulkId: string): Promise<BulkContainment> {
    return this.bulk.get(caller, bulkId);
  }

  @Post(':bulk_id/resume')
  @HttpCode(200)
  @RequirePermission('containments:write')
  @ApiOperation({ summary: 'Do what is left of a bulk order after an interruption' })
  @ApiResponse({ status: 200, standardSchema: BulkContainment })
  resume(
    @CurrentCaller() caller: Caller, @Param('bulk_id') bulkId: string, @Body({ schema: ResumeBulkContainment }) body: ResumeBulkContainment,
  ): Promise<BulkContainment> {
    return this.bulk.resume(caller, bulkId, body.limit);
  }
}
