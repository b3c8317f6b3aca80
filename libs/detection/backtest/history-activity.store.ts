import type { ClickHouse, QueryParams } from '@keytrail/clickhouse';
import type { ActivityHistory, KnownNetwork } from '../activity-history.js';
import { atMs } from '../arrival.js';
import { networkOf } from '../rules/index.js';
import type { CallerActivity } from '../types.js';
import type { HistorySlice, HistoryStep } from './history-steps.js';
import type { KeyName } from '../key-name.js';

/** What of history is judged; null = of all. */
export interface HistoryScope { workspace_id: string | null; key_id: string | null }

const MOST_GROUPS = 200_000;
const MOST_OF_A_STORY = 20_000;
const MOST_ADDRESSES = 5_000;
const DAY = 86_400_000;
/** When a network was last used is looked for this far back. */
const LAST_USE_DAYS = 30;

/** As the view `caller_activity_fill` makes them, but over batches; minutes are not ahead of their arrival. */
const COLUMNS = `workspace_id, key_id, key_fingerprint, credential_kind, CAST(principal, 'String') AS principal, CAST(address, 'String') AS address,
  any(request_logs.country) AS country, CAST(user_agent, 'String') AS user_agent, outcome, refusal_reason,
  least(toUInt32(intDiv(toUnixTimestamp(toDateTime(request_logs.time, 'UTC')), 60)), toUInt32(intDiv(toUnixTimestamp(toDateTime(request_logs.ingested_at, 'UTC')), 60))) AS minute,
  count() AS requests, toUnixTimestamp64Milli(min(request_logs.time)) AS first_time, toUnixTimestamp64Milli(max(request_logs.time)) AS last_time,
  groupArray(5)(request_id) AS request_ids, groupUniqArray(5)(substringUTF8(if(route != '', CAST(route, 'String'), cutQueryStringAndFragment(path)), 1, 120)) AS routes,
  groupUniqArray(8)(CAST(method, 'String')) AS methods, groupUniqArray(3)(CAST(environment, 'String')) AS environments,
  groupUniqArray(4)(CAST(gateway_node, 'String')) AS nodes, sum(coalesce(request_logs.bytes_out, 0)) AS bytes_out, groupUniqArrayArray(16)(request_logs.signs) AS signs`;
const GROUPS = `GROUP BY workspace_id, key_id, key_fingerprint, credential_kind, principal, address, user_agent, outcome, refusal_reason, minute ORDER BY minute, first_time`;

/** What callers did, read from the request logs themselves, which are kept for longer than arrivals: as if it were the end of a step. */
export class HistoryActivity implements ActivityHistory {
  private until = 0;

  constructor(private readonly clickhouse: ClickHouse, private readonly scope: HistoryScope) {}

  /** Requests of a period by ten minutes; those without are left out. */
  slices(from: number, to: number): Promise<HistorySlice[]> {
    return this.clickhouse.select<HistorySlice>(
      `SELECT toUInt32(intDiv(toUnixTimestamp(minute), 600)) AS slice, toInt64(sum(requests)) AS requests FROM request_minutes
      WHERE request_minutes.minute >= fromUnixTimestamp(${Math.trunc(from / 1_000)}) AND request_minutes.minute < fromUnixTimestamp(${Math.ceil(to / 1_000)}) ${this.scoped()}
      GROUP BY slice ORDER BY slice`, this.params());
  }

  /** Everything in a step, in the order of the requests' own clock. From then on the past ends with it. */
  arrived({ since, until }: Pick<HistoryStep, 'since' | 'until'>): Promise<CallerActivity[]> {
    this.until = until;
    return this.clickhouse.select<CallerActivity>(
      `SELECT ${COLUMNS} FROM request_logs WHERE request_logs.time >= ${atMs(since)} AND request_logs.time < ${atMs(until)} ${this.scoped()} ${GROUPS} LIMIT ${MOST_GROUPS}`, this.params());
  }

  ofKey(workspace: string, keyId: string, fromMinute: number, toMinute: number): Promise<CallerActivity[]> {
    return this.within('request_logs.key_id = {key_id:String}', { workspace, key_id: keyId }, fromMinute, toMinute);
  }

  ofUnknownCredentials(workspace: string, fromMinute: number, toMinute: number): Promise<CallerActivity[]> {
    return this.within(`request_logs.key_id = '' AND request_logs.outcome = 'unauthorised'`, { workspace }, fromMinute, toMinute);
  }

  async knownNetworks(workspace: string, keyId: string, before: number): Promise<KnownNetwork[]> {
    const rows = await this.clickhouse.select<{ address: string; country: string; first_seen: number; last_seen: number; requests: number }>(
      `SELECT address, anyLast(country) AS country, toUnixTimestamp64Milli(min(first_time)) AS first_seen, toUnixTimestamp64Milli(max(last_time)) AS last_seen, sum(requests) AS requests
      FROM key_callers WHERE workspace_id = {workspace:String} AND key_id = {key_id:String} AND address != ''
      GROUP BY address HAVING first_seen < ${Math.trunc(before)} ORDER BY first_seen LIMIT ${MOST_ADDRESSES}`, { workspace, key_id: keyId });
    const later = rows.some(({ last_seen }) => last_seen >= this.until) ? await this.lastUses(workspace, keyId) : new Map<string, number>();
    const networks = new Map<string, KnownNetwork>();
    for (const { address, ...row } of rows) {
      const network = networkOf(address);
      // What was done after the step is not known yet.
      const last_seen = row.last_seen < this.until ? row.last_seen : later.get(address) ?? row.first_seen;
      const known = networks.get(network);
      if (known === undefined) networks.set(network, { network, ...row, last_seen });
      else Object.assign(known, { requests: known.requests + row.requests, last_seen: Math.max(known.last_seen, last_seen) });
    }
    return [...networks.values()];
  }

  async knownNetworksOf(keys: readonly KeyName[]): Promise<KnownNetwork[][]> {
    const found: KnownNetwork[][] = [];
    for (const { workspace_id, key_id } of keys) found.push(await this.knownNetworks(workspace_id, key_id, this.until));
    return found;
  }

  /** When each address used a key last, as far as the step goes. */
  private async lastUses(workspace: string, keyId: string): Promise<Map<string, number>> {
    const rows = await this.clickhouse.select<{ address: string; at: number }>(
      `SELECT CAST(address, 'String') AS address, toUnixTimestamp64Milli(max(request_logs.time)) AS at FROM request_logs
      WHERE workspace_id = {workspace:String} AND key_id = {key_id:String} AND request_logs.time >= ${atMs(this.until - LAST_USE_DAYS * DAY)} AND request_logs.time < ${atMs(this.until)}
      GROUP BY address LIMIT ${MOST_ADDRESSES}`, { workspace, key_id: keyId });
    return new Map(rows.map(({ address, at }) => [address, at]));
  }

  private within(condition: string, params: QueryParams, fromMinute: number, toMinute: number): Promise<CallerActivity[]> {
    const to = Math.min((Math.trunc(toMinute) + 1) * 60_000, this.until);
    return this.clickhouse.select<CallerActivity>(
      `SELECT ${COLUMNS} FROM request_logs WHERE request_logs.workspace_id = {workspace:String} AND ${condition}
      AND request_logs.time >= ${atMs(Math.trunc(fromMinute) * 60_000)} AND request_logs.time < ${atMs(to)} ${GROUPS} LIMIT ${MOST_OF_A_STORY}`, params);
  }

  private scoped(): string {
    const { workspace_id, key_id } = this.scope;
    return `${workspace_id === null ? '' : 'AND workspace_id = {scope_workspace:String}'} ${key_id === null ? '' : 'AND key_id = {scope_key:String}'}`;
  }

  private params(): QueryParams {
    const { workspace_id, key_id } = this.scope;
    return { ...(workspace_id !== null && { scope_workspace: workspace_id }), ...(key_id !== null && { scope_key: key_id }) };
  }
}
