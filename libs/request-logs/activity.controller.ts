import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Activity, ActivityQuery } from '@keytrail/contracts';
import { ApiQueryOf, CurrentCaller, RequirePermission, type Caller } from '@keytrail/platform';
import { KeySearchRecord } from './key-search-record.store.js';
import { RequestLogSearch } from './search.service.js';

@ApiTags('keys')
@Controller('v1/api-keys')
export class ActivityController {
  constructor(private readonly search: RequestLogSearch, private readonly record: KeySearchRecord) {}

  @Get(':key_id/activity')
  @RequirePermission('request-logs:read')
  @ApiOperation({ summary: 'Requests, errors, denied calls and distinct addresses of a key over time; the step fits the range' })
  @ApiQueryOf(ActivityQuery)
  @ApiResponse({ status: 200, standardSchema: Activity })
  async activity(@CurrentCaller() caller: Caller, @Param('key_id') keyId: string, @Query({ schema: ActivityQuery }) query: ActivityQuery): Promise<Activity> {
    await this.record.note(caller, 'activity.read', { ...query, key_id: keyId });
    return this.search.activity(caller.scope, keyId, query);
  }
}
