import { Injectable } from '@nestjs/common';
import { ClickHouse } from '@keytrail/clickhouse';
import type { StepCounts } from './activity.js';
import type { TimeRange } from './search.js';

/** What a key did over time, from the per-minute rollup. */
@Injectable()
export class ActivityStore {
  constructor(private readonly clickhouse: ClickHouse) {}

  /** Counts of a key per step; steps without requests are absent. */
  async series(keyId: string, workspaces: readonly string[] | null, range: TimeRange, stepMinutes: number): Promise<StepCounts[]> {
    const { where, params } = within(keyId, workspaces, range);
    return this.clickhouse.select<StepCounts>(
      `SELECT toUnixTimestamp(toStartOfInterval(minute, INTERVAL ${Math.trunc(stepMinutes)} MINUTE)) * 1000 AS time, sum(requests) AS requests,
        sum(errors) AS errors, sum(denied) AS denied, sum(rate_limited) AS rate_limited, uniqMerge(addresses) AS addresses
      FROM request_minutes WHERE ${where} GROUP BY time ORDER BY time`, params);
  }

  /** Distinct addresses over the whole range. */
  async distinctAddresses(keyId: string, workspaces: readonly string[] | null, range: TimeRange): Promise<number> {
    const { where, params } = within(keyId, workspaces, range);
    const [row] = await this.clickhouse.select<{ addresses: number }>(`SELECT uniqMerge(addresses) AS addresses FROM request_minutes WHERE ${where}`, params);
    return row?.addresses ?? 0;
  }

  /** Whether request logs of this key were ever stored. */
  async isKnown(keyId: string, workspaces: readonly string[] | null): Promise<boolean> {
    const { where, params } = within(keyId, workspaces);
    const rows = await this.clickhouse.select(`SELECT 1 AS known FROM request_minutes WHERE ${where} LIMIT 1`, params);
    return rows.length > 0;
  }
}

function within(keyId: string, workspaces: readonly string[] | null, range?: TimeRange) {
  const conditions = ['key_id = {key_id:String}'];
  const params: Record<string, string | number | readonly string[]> = { key_id: keyId };
  if (workspaces !== null) {
    conditions.push('workspace_id IN {workspaces:Array(String)}');
    params['workspaces'] = workspaces;
  }
  if (range !== undefined) {
    conditions.push('minute >= fromUnixTimestamp({from:Int64})', 'minute < fromUnixTimestamp({to:Int64})');
    params['from'] = Math.floor(range.from / 1000);
    params['to'] = Math.ceil(range.to / 1000);
  }
  return { where: conditions.join(' AND '), params };
}
