import { Injectable } from '@nestjs/common';
import type { Activity, ActivityQuery, RequestCounts, RequestCountsQuery, RequestLog, RequestLogPage, RequestLogQuery } from '@keytrail/contracts';
import { KeyDirectory } from '@keytrail/credentials';
import { Clock, decodeCursor, encodeCursor, notFound, type WorkspaceScope } from '@keytrail/platform';
import { activityRange, fillSeries } from './activity.js';
import { ActivityStore } from './activity.store.js';
import { countedRange, fillCounts } from './counts.js';
import { RequestLogStore } from './request-log.store.js';
import { SearchPosition, nextPosition, searchFilter, timeRange } from './search.js';

/** Rows shown for one request id at most. */
const MOST_WITH_ONE_ID = 1_000;

/** Answers questions about stored request logs, within the caller's workspaces. */
@Injectable()
export class RequestLogSearch {
  constructor(
    private readonly store: RequestLogStore, private readonly activityStore: ActivityStore, private readonly directory: KeyDirectory,
    private readonly clock: Clock,
  ) {}

  async page(scope: WorkspaceScope, query: RequestLogQuery): Promise<RequestLogPage> {
    const after = query.cursor === undefined ? null : decodeCursor(SearchPosition, query.cursor);
    const filter = searchFilter(query, scope.narrow(query.workspace), this.clock.now());
    const rows = await this.store.search(filter, after, query.limit + 1);
    const shown = rows.slice(0, query.limit);
    return { data: shown, next_cursor: rows.length > query.limit ? encodeCursor(nextPosition(shown, after)) : null };
  }

  /** How many requests of each outcome, over time. */
  async counts(scope: WorkspaceScope, query: RequestCountsQuery): Promise<RequestCounts> {
    const now = this.clock.now();
    const filter = searchFilter(query, scope.narrow(query.workspace), now);
    const { range, step_s } = countedRange(filter, now);
    return fillCounts(range, step_s, await this.store.countByStep({ ...filter, ...range }, step_s));
  }

  async byRequestId(scope: WorkspaceScope, requestId: string): Promise<RequestLogPage> {
    const data: RequestLog[] = await this.store.search({ workspaces: scope.ids, request_id: requestId }, null, MOST_WITH_ONE_ID);
    if (data.length === 0) throw notFound('request log');
    return { data, next_cursor: null };
  }

  /** Also for keys that are not in the registry, as long as request logs name them. */
  async activity(scope: WorkspaceScope, keyId: string, query: ActivityQuery): Promise<Activity> {
    const workspaces = scope.narrow(query.workspace);
    const { range, step } = activityRange(timeRange(query, this.clock.now()), this.clock.now());
    const counts = await this.activityStore.series(keyId, workspaces, range, step);
    if (counts.length === 0) await this.assertKnown(scope, keyId, workspaces);
    const addresses = counts.length === 0 ? 0 : await this.activityStore.distinctAddresses(keyId, workspaces, range);
    return fillSeries(keyId, range, step, counts, addresses);
  }

  private async assertKnown(scope: WorkspaceScope, keyId: string, workspaces: readonly string[] | null): Promise<void> {
    await this.directory.refresh();
    const registered = this.directory.find(keyId);
    if (registered !== undefined && scope.allows(registered.workspace_id)) return;
    if (!await this.activityStore.isKnown(keyId, workspaces)) throw notFound('key');
  }
}
