import { Injectable } from '@nestjs/common';
import { ClickHouse, type QueryParams } from '@keytrail/clickhouse';
import type { ActivityHistory, KnownNetwork } from './activity-history.js';
import { networkOf } from './rules/index.js';
import { groupBy } from './slices.js';
import type { CallerActivity } from './types.js';
import { nameOf, type KeyName } from './key-name.js';
import type { ArrivedBatch } from './arrived-batch.js';

/** A story's evidence is read from at most this many groups. */
const MOST_GROUPS = 20_000;
const MOST_ADDRESSES = 5_000;
const BATCHES_A_PAGE = 5_000;
const KEYS_A_QUERY = 2_000;

/**
 * Minutes by the requests' own clock, but not ahead of their arrival: one gateway whose clock is ahead must not make a key's present look
 * like its past.
 */
const MINUTE = `least(caller_activity.minute, toUInt32(intDiv(toUnixTimestamp(caller_activity.ingested_at), 60)))`;

const COLUMNS = `workspace_id, key_id, key_fingerprint, credential_kind, principal, address, country, user_agent, outcome, refusal_reason, ${MINUTE} AS minute,
  requests, toUnixTimestamp64Milli(first_time) AS first_time, toUnixTimestamp64Milli(last_time) AS last_time, request_ids, routes,
  methods, environments, nodes, bytes_out, signs`;

/** What few values of come again and again: read once for all groups that share them, which is half of the cost. */
const ALIKE = 'workspace_id, credential_kind, country, user_agent, outcome, refusal_reason, methods, environments, nodes';

/** Of a column that mostly is empty: an empty list when it is so in all groups. */
const UNLESS_EMPTY = (column: string, empty: string) => `if(countIf(${column} != ${empty}) = 0, [], groupArray(${column})) AS ${column}_of`;

/** Groups that are alike; what they differ in, element by element. */
interface AlikeActivity extends Pick<CallerActivity, 'workspace_id' | 'credential_kind' | 'country' | 'user_agent' | 'outcome' | 'refusal_reason' | 'methods' | 'environments' | 'nodes'> {
  key_ids: string[];
  key_fingerprint_of: string[];
  principal_of: string[];
  addresses: string[];
  minutes: number[];
  requests_of: number[];
  first_times: number[];
  last_times: number[];
  request_ids_of: string[][];
  routes_of: string[][];
  bytes_out_of: number[];
  signs_of: string[][];
}

/** What callers did with which key, from ClickHouse. */
@Injectable()
export class CallerActivityStore implements ActivityHistory {
  constructor(private readonly clickhouse: ClickHouse) {}

  /** The store's own time, which stamps arrivals. Epoch milliseconds. */
  async now(): Promise<number> {
    const [row] = await this.clickhouse.select<{ now: number }>(`SELECT toUnixTimestamp64Milli(now64(3, 'UTC')) AS now`);
    return row!.now;
  }

  /** Groups that are kept. */
  async count(): Promise<number> {
    const [row] = await this.clickhouse.select<{ groups: number }>('SELECT count() AS groups FROM caller_activity');
    return row!.groups;
  }

  /** Batches that arrived after a moment and are not among those seen, oldest first; at least one if there is any, at most a page. */
  async unseenAfter(ingestedAt: number, seen: ReadonlySet<string>): Promise<ArrivedBatch[]> {
    let from: Pick<ArrivedBatch, 'ingested_at' | 'batch_id'> = { ingested_at: ingestedAt, batch_id: '' };
    for (;;) {
      const page = await this.arrivedAfter(from);
      const unseen = page.filter((batch) => !seen.has(batch.batch_id));
      const last = page.at(-1);
      if (unseen.length > 0 || last === undefined || page.length < BATCHES_A_PAGE) return unseen;
      from = last;
    }
  }

  private arrivedAfter({ ingested_at, batch_id }: Pick<ArrivedBatch, 'ingested_at' | 'batch_id'>): Promise<ArrivedBatch[]> {
    const time = `fromUnixTimestamp64Milli(${Math.trunc(ingested_at)}, 'UTC')`;
    return this.clickhouse.select<ArrivedBatch>(
      `SELECT batch_id, toUnixTimestamp64Milli(min(caller_activity.ingested_at)) AS ingested_at, count() AS groups
      FROM caller_activity WHERE caller_activity.ingested_at >= ${time}
      GROUP BY batch_id HAVING (min(caller_activity.ingested_at), batch_id) > (${time}, {batch:String})
      ORDER BY ingested_at, batch_id LIMIT ${BATCHES_A_PAGE}`, { batch: batch_id });
  }

  /** Everything in some batches, in the order of the requests' own clock. */
  async ofBatches(batches: readonly Pick<ArrivedBatch, 'batch_id' | 'ingested_at'>[]): Promise<CallerActivity[]> {
    const from = Math.min(...batches.map((batch) => batch.ingested_at));
    const columns = await this.clickhouse.selectColumns<AlikeActivity>(
      `SELECT ${ALIKE}, groupArray(key_id) AS key_ids, ${UNLESS_EMPTY('key_fingerprint', "''")}, ${UNLESS_EMPTY('principal', "''")}, groupArray(address) AS addresses,
        groupArray(${MINUTE}) AS minutes, groupArray(caller_activity.requests) AS requests_of, groupArray(toUnixTimestamp64Milli(caller_activity.first_time)) AS first_times,
        groupArray(toUnixTimestamp64Milli(caller_activity.last_time)) AS last_times, groupArray(request_ids) AS request_ids_of, groupArray(routes) AS routes_of,
        groupArray(caller_activity.bytes_out) AS bytes_out_of, ${UNLESS_EMPTY('signs', '[]')}
      FROM caller_activity
      WHERE ingested_at >= fromUnixTimestamp64Milli(${Math.trunc(from)}, 'UTC') AND batch_id IN {batches:Array(String)}
      GROUP BY ${ALIKE}`, { batches: batches.map((batch) => batch.batch_id) });
    return rowsOf(columns).sort((a, b) => a.minute - b.minute || a.first_time - b.first_time);
  }

  /** What one key did in a span of its own minutes, as far as it arrived in the last week. */
  async ofKey(workspace: string, keyId: string, fromMinute: number, toMinute: number): Promise<CallerActivity[]> {
    return this.within('key_id = {key_id:String}', { workspace, key_id: keyId }, fromMinute, toMinute);
  }

  /** Refused calls with credentials nobody knows. */
  async ofUnknownCredentials(workspace: string, fromMinute: number, toMinute: number): Promise<CallerActivity[]> {
    return this.within(`key_id = '' AND outcome = 'unauthorised'`, { workspace }, fromMinute, toMinute);
  }

  /** Networks a key was seen from before a moment; the country is that of one address of the network. */
  async knownNetworks(workspace: string, keyId: string, before: number): Promise<KnownNetwork[]> {
    return networksOf(await this.clickhouse.select<KnownAddress>(
      `SELECT ${KNOWN_ADDRESS}
      FROM key_callers WHERE workspace_id = {workspace:String} AND key_id = {key_id:String} AND address != ''
      GROUP BY address HAVING first_seen < {before:Int64} ORDER BY first_seen LIMIT ${MOST_ADDRESSES}`, { workspace, key_id: keyId, before }));
  }

  async knownNetworksOf(keys: readonly KeyName[]): Promise<KnownNetwork[][]> {
    const known: KnownNetwork[][] = [];
    for (let start = 0; start < keys.length; start += KEYS_A_QUERY) {
      const some = keys.slice(start, start + KEYS_A_QUERY);
      const rows = await this.clickhouse.select<KnownAddress & KeyName>(
        `SELECT workspace_id, key_id, ${KNOWN_ADDRESS}
        FROM key_callers WHERE (workspace_id, key_id) IN (SELECT arrayJoin(arrayZip({workspaces:Array(String)}, {key_ids:Array(String)}))) AND address != ''
        GROUP BY workspace_id, key_id, address ORDER BY first_seen LIMIT ${MOST_ADDRESSES} BY workspace_id, key_id`,
        { workspaces: some.map(({ workspace_id }) => workspace_id), key_ids: some.map(({ key_id }) => key_id) });
      const ofKeys = groupBy(rows, nameOf);
      known.push(...some.map((key) => networksOf(ofKeys.get(nameOf(key)) ?? [])));
    }
    return known;
  }

  private within(condition: string, params: QueryParams, fromMinute: number, toMinute: number): Promise<CallerActivity[]> {
    return this.clickhouse.select<CallerActivity>(
      `SELECT ${COLUMNS} FROM caller_activity
      WHERE ingested_at >= fromUnixTimestamp(${Math.max(0, Math.trunc(fromMinute) * 60)}) AND workspace_id = {workspace:String} AND ${condition} AND ${MINUTE} >= ${Math.trunc(fromMinute)} AND ${MINUTE} <= ${Math.trunc(toMinute)}
      ORDER BY minute, caller_activity.first_time LIMIT ${MOST_GROUPS}`, params);
  }
}

interface KnownAddress { address: string; country: string; first_seen: number; last_seen: number; requests: number }

const KNOWN_ADDRESS = `address, anyLast(country) AS country, toUnixTimestamp64Milli(min(first_time)) AS first_seen, toUnixTimestamp64Milli(max(last_time)) AS last_seen,
  sum(requests) AS requests`;

function networksOf(rows: readonly KnownAddress[]): KnownNetwork[] {
  const networks = new Map<string, KnownNetwork>();
  for (const row of rows) {
    const network = networkOf(row.address);
    const known = networks.get(network);
    if (known === undefined) networks.set(network, { network, country: row.country, first_seen: row.first_seen, last_seen: row.last_seen, requests: row.requests });
    else Object.assign(known, { requests: known.requests + row.requests, last_seen: Math.max(known.last_seen, row.last_seen) });
  }
  return [...networks.values()];
}

/** Lists that are empty are one and the same. */
function rowsOf(columns: { [Name in keyof AlikeActivity]: AlikeActivity[Name][] }): CallerActivity[] {
  const none: string[] = [];
  const listed = (list: string[] | undefined): string[] => (list === undefined || list.length === 0 ? none : list);
  const rows: CallerActivity[] = [];
  for (let alike = 0; alike < columns.key_ids.length; alike += 1) {
    const [workspace_id, credential_kind, country, user_agent] = [columns.workspace_id[alike]!, columns.credential_kind[alike]!, columns.country[alike]!, columns.user_agent[alike]!];
    const [outcome, refusal_reason] = [columns.outcome[alike]!, columns.refusal_reason[alike]!];
    const [methods, environments, nodes] = [listed(columns.methods[alike]), listed(columns.environments[alike]), listed(columns.nodes[alike])];
    const [fingerprints, principals, addresses, minutes] = [columns.key_fingerprint_of[alike]!, columns.principal_of[alike]!, columns.addresses[alike]!, columns.minutes[alike]!];
    const [requests, first_times, last_times] = [columns.requests_of[alike]!, columns.first_times[alike]!, columns.last_times[alike]!];
    const [request_ids, routes, bytes_out, signs] = [columns.request_ids_of[alike]!, columns.routes_of[alike]!, columns.bytes_out_of[alike]!, columns.signs_of[alike]!];
    columns.key_ids[alike]!.forEach((key_id, at) => rows.push({
      workspace_id, key_id, key_fingerprint: fingerprints[at] ?? '', credential_kind, principal: principals[at] ?? '', address: addresses[at]!, country, user_agent,
      outcome, refusal_reason, minute: minutes[at]!, requests: requests[at]!, first_time: first_times[at]!, last_time: last_times[at]!, request_ids: request_ids[at]!,
      routes: listed(routes[at]), methods, environments, nodes, bytes_out: bytes_out[at]!, signs: listed(signs[at]),
    }));
  }
  return rows;
}
