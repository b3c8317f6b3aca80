import { Injectable } from '@nestjs/common';
import { ClickHouse } from '@keytrail/clickhouse';
import { BOUNDED, NETWORK, boundTo, within } from './caller-sql.js';

const MOST_CALLERS = 200;
const MOST_NAMES = 50;
const SAMPLE = 100_000;

export interface CallerRow {
  network: string; user_agent: string; countries: string[]; addresses: number; requests: number; denied: number; first_seen: number; last_seen: number;
  total: number;
}
export interface VolumeRow { last_24h: number; last_7d: number; last_30d: number }
export interface NameRow { method: string; name: string; requests: number; last_seen: number }
export interface SharedRow { key_id: string; shared_callers: number; last_seen: number }
export interface UseRow { key_id: string; requests_7d: number; last_seen: number }

type Workspaces = readonly string[] | null;

/** What depends on a key. Times are epoch milliseconds; what has no answer from a rollup comes from the latest requests alone. */
@Injectable()
export class BlastRadiusStore {
  constructor(private readonly clickhouse: ClickHouse) {}

  async callers(keyId: string, workspaces: Workspaces, from: number): Promise<CallerRow[]> {
    return this.clickhouse.select<CallerRow>(
      `SELECT ${NETWORK} AS network, user_agent, arraySort(arrayFilter(c -> c != '', groupUniqArray(20)(country))) AS countries, uniqExact(address) AS addresses,
        sum(key_callers.requests) AS requests, sum(key_callers.denied) AS denied, toUnixTimestamp64Milli(min(first_time)) AS first_seen, toUnixTimestamp64Milli(max(last_time)) AS last_seen,
        count() OVER () AS total
      FROM key_callers WHERE ${within(workspaces)}key_id = {key_id:String}
      GROUP BY network, user_agent HAVING max(last_time) >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
      ORDER BY requests DESC, network, user_agent LIMIT ${MOST_CALLERS} ${BOUNDED}`, { key_id: keyId, from, ...boundTo(workspaces) });
  }

  async volume(keyId: string, workspaces: Workspaces, now: number): Promise<VolumeRow> {
    const since = (hours: number) => `sumIf(requests, minute >= fromUnixTimestamp({now:Int64}) - INTERVAL ${hours} HOUR)`;
    const [row] = await this.clickhouse.select<VolumeRow>(
      `SELECT ${since(24)} AS last_24h, ${since(168)} AS last_7d, ${since(720)} AS last_30d FROM request_minutes
      WHERE ${within(workspaces)}key_id = {key_id:String} AND minute >= fromUnixTimestamp({now:Int64}) - INTERVAL 30 DAY ${BOUNDED}`,
      { key_id: keyId, now: Math.floor(now / 1000), ...boundTo(workspaces) });
    return row ?? { last_24h: 0, last_7d: 0, last_30d: 0 };
  }

  /** Of the latest requests: the busiest routes and tenants, how many requests that are, and since when. */
  async names(keyId: string, workspaces: Workspaces, from: number): Promise<{ routes: NameRow[]; tenants: NameRow[]; requests: number; from: number | null }> {
    const latest = `SELECT CAST(method, 'String') AS method, substringUTF8(if(route != '', CAST(route, 'String'), cutQueryStringAndFragment(path)), 1, 200) AS route,
        CAST(tenant, 'String') AS tenant, time FROM request_logs
      WHERE ${within(workspaces)}key_id = {key_id:String} AND time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
      ORDER BY workspace_id DESC, key_id DESC, time DESC LIMIT ${SAMPLE}`;
    const params = { key_id: keyId, from, ...boundTo(workspaces) };
    const busiest = (method: string, name: string) => this.clickhouse.select<NameRow>(
      `SELECT ${method} AS method, ${name} AS name, count() AS requests, toUnixTimestamp64Milli(max(time)) AS last_seen FROM (${latest})
      GROUP BY method, name ORDER BY requests DESC, method, name LIMIT ${MOST_NAMES} ${BOUNDED}`, params);
    const [counted] = await this.clickhouse.select<{ requests: number; from: number }>(
      `SELECT count() AS requests, toUnixTimestamp64Milli(min(time)) AS from FROM (${latest}) ${BOUNDED}`, params);
    const requests = counted?.requests ?? 0;
    return { routes: await busiest('method', 'route'), tenants: await busiest("''", 'tenant'), requests, from: requests === 0 ? null : counted!.from };
  }

  /** Which of other keys are used by callers of this one. */
  async sharedWith(keyId: string, others: readonly string[], workspaces: Workspaces): Promise<SharedRow[]> {
    if (others.length === 0) return [];
    const callersOf = (condition: string) => `SELECT ${NETWORK} AS network, user_agent FROM key_callers WHERE ${within(workspaces)}${condition}`;
    return this.clickhouse.select<SharedRow>(
      `SELECT key_id, uniqExact(network, user_agent) AS shared_callers, toUnixTimestamp64Milli(max(last_time)) AS last_seen
      FROM (SELECT key_id, ${NETWORK} AS network, user_agent, last_time FROM key_callers WHERE ${within(workspaces)}key_id IN {others:Array(String)})
      WHERE (network, user_agent) IN (${callersOf('key_id = {key_id:String}')}) GROUP BY key_id ORDER BY shared_callers DESC, key_id ${BOUNDED}`,
      { key_id: keyId, others, ...boundTo(workspaces) });
  }

  /** How busy keys are, for a plan. Keys without requests are absent. */
  async use(keyIds: readonly string[], workspaces: Workspaces, now: number): Promise<UseRow[]> {
    if (keyIds.length === 0) return [];
    return this.clickhouse.select<UseRow>(
      `SELECT key_id, sumIf(requests, minute >= fromUnixTimestamp({now:Int64}) - INTERVAL 7 DAY) AS requests_7d, toInt64(toUnixTimestamp(max(minute))) * 1000 AS last_seen
      FROM request_minutes WHERE ${within(workspaces)}key_id IN {keys:Array(String)} GROUP BY key_id ${BOUNDED}`,
      { keys: keyIds, now: Math.floor(now / 1000), ...boundTo(workspaces) });
  }
}

/** Whether all requests of the span were looked at. */
export const isWhole = (requests: number): boolean => requests < SAMPLE;
