import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import {
  IntakeAccounts, IntakeParameters, IntakeResult, Problem, RequestCounts, RequestCountsQuery, RequestLogLine, RequestLogPage, RequestLogQuery,
} from '@keytrail/contracts';
import { ApiQueryOf, AppError, CurrentCaller, RequirePermission, badRequest, idempotencyKeyOf, type Caller } from '@keytrail/platform';
import { HttpIntake } from './http-intake.service.js';
import { intakeQueryOf } from './intake-query.js';
import { IntakeCountStore } from './intake-count.store.js';
import { KeySearchRecord } from './key-search-record.store.js';
import { RequestLogSearch } from './search.service.js';

@ApiTags('request logs')
@Controller('v1')
export class RequestLogsController {
  constructor(
    private readonly intake: HttpIntake, private readonly search: RequestLogSearch, private readonly counts: IntakeCountStore,
    private readonly record: KeySearchRecord,
  ) {}

  @Post('request-logs')
  @HttpCode(200)
  @RequirePermission('request-logs:write')
  @ApiOperation({
    summary: 'Take in request logs: NDJSON, a JSON array, one object, or lines of an access log; gzip if you like',
    description: 'Good lines are stored though others are bad. Bad ones come back with their line number and reason, and are kept as dead letters.',
  })
  @ApiConsumes('application/x-ndjson', 'application/json', 'text/plain')
  @ApiBody({ standardSchema: RequestLogLine } as never)
  @ApiQueryOf(IntakeParameters)
  @ApiHeader({ name: 'Keytrail-Format', required: false, description: 'The same as the query\'s format, for senders that can send no query' })
  @ApiHeader({ name: 'Keytrail-Workspace', required: false, description: 'The same as the query\'s workspace' })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'A batch sent again under the same key is not stored again' })
  @ApiHeader({ name: 'Content-Encoding', required: false, description: 'gzip' })
  @ApiResponse({ status: 200, standardSchema: IntakeResult })
  @ApiResponse({ status: 422, description: 'Not one line could be stored; the members of IntakeResult come with the problem', standardSchema: Problem })
  @ApiResponse({ status: 429, description: 'Too much is being taken in at once; send the batch again after Retry-After seconds', standardSchema: Problem })
  async take(
    @CurrentCaller() caller: Caller, @Body() body: unknown, @Query({ schema: IntakeParameters }) parameters: IntakeParameters,
    @Headers('content-encoding') encoding: string | undefined, @Headers('idempotency-key') idempotencyKey: string | undefined,
    @Headers('keytrail-format') format: string | undefined, @Headers('keytrail-workspace') workspace: string | undefined,
  ): Promise<IntakeResult> {
    if (!Buffer.isBuffer(body)) throw badRequest('empty_batch', 'The body holds no line.');
    const query = intakeQueryOf(parameters, { format, workspace });
    return this.intake.take(caller, { body, encoding, query, idempotencyKey: idempotencyKeyOf(idempotencyKey) });
  }

  @Get('request-logs')
  @RequirePermission('request-logs:read')
  @ApiOperation({ summary: 'Search request logs, newest first; one for a key that the caller did not issue is noted in the audit trail' })
  @ApiQueryOf(RequestLogQuery)
  @ApiResponse({ status: 200, standardSchema: RequestLogPage })
  async list(@CurrentCaller() caller: Caller, @Query({ schema: RequestLogQuery }) query: RequestLogQuery): Promise<RequestLogPage> {
    await this.record.note(caller, 'request_logs.searched', query);
    return this.search.page(caller.scope, query);
  }

  @Get('request-counts')
  @RequirePermission('request-logs:read')
  @ApiOperation({ summary: 'How many requests of each outcome over time, of those that a search would find; the step fits the range' })
  @ApiQueryOf(RequestCountsQuery)
  @ApiResponse({ status: 200, standardSchema: RequestCounts })
  async countsOverTime(@CurrentCaller() caller: Caller, @Query({ schema: RequestCountsQuery }) query: RequestCountsQuery): Promise<RequestCounts> {
    await this.record.note(caller, 'request_logs.searched', query);
    return this.search.counts(caller.scope, query);
  }

  @Get('request-logs/:request_id')
  @RequirePermission('request-logs:read')
  @ApiOperation({ summary: 'Every request log with this request id; more than one if an id was used twice' })
  @ApiResponse({ status: 200, standardSchema: RequestLogPage })
  byRequestId(@CurrentCaller() caller: Caller, @Param('request_id') requestId: string): Promise<RequestLogPage> {
    return this.search.byRequestId(caller.scope, requestId);
  }

  @Get('intake-accounts')
  @RequirePermission('dead-letters:read')
  @ApiOperation({ summary: 'What came in from each source and what became of it, and how far each Kafka partition is stored' })
  @ApiResponse({ status: 200, standardSchema: IntakeAccounts })
  intakeAccounts(@CurrentCaller() caller: Caller): Promise<IntakeAccounts> {
    if (!caller.scope.isAll) throw new AppError({ code: 'account_wide_only', status: 403, message: 'Only callers of the whole account may see this.' });
    return this.counts.list();
  }
}
