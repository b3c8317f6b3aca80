import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Activity, ActivityQuery } from '@keytrail/contracts';
import { ApiQueryOf, CurrentCaller, RequirePermission, type Caller } from '@keytrail/platform';
import { RequestLogSearch } from './search.service.js';

@ApiTags('keys')
@Controller('v1/api-keys')
export class ActivityController {
  constructor(private readonly search: RequestLogSearch) {}

  @Get(':key_id/activity')
  @RequirePermission('request-logs:read')
  @ApiOperation({ summary: 'Requests, errors, denied calls and distinct addresses of a key over time; the step fits the range' })
  @ApiQueryOf(ActivityQuery)
  @ApiResponse({ status: 200, standardSchema: Activity })
  activity(@CurrentCaller() caller: Caller, @Param('key_id') keyId: string, @Query({ schema: ActivityQuery }) query: ActivityQuery): Promise<Activity> {
    return this.search.activity(caller.scope, keyId, query);
  }
}
