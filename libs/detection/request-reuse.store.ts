import { Injectable } from '@nestjs/common';
import { ClickHouse } from '@keytrail/clickhouse';
import { atMs, isNewSql, type Arrival } from './arrival.js';
import type { LoggedRequest, ReusedId } from './rules/request-replayed.js';
import type { Span } from './slices.js';
import type { KeyName } from './key-name.js';

/** Requests of a key that arrived, oldest first, as hashes; element by element. Minutes are epoch minutes. */
export interface ArrivedRequests extends KeyName { ids: number[]; callers: number[]; calls: number[]; sizes: number[]; minutes: number[] }

/** Of a step with more than these the others are not looked at. */
const MOST_REQUESTS = 200_000;
const MOST_SPANS = 50;
const MOST_REUSED = 200;
const MOST_SECONDS = 10;

/** Request ids of what arrived. */
@Injectable()
export class RequestReuseStore {
  constructor(private readonly clickhouse: ClickHouse) {}

  arrived(arrival: Arrival, spans: readonly Span[]): Promise<ArrivedRequests[]> {
    const isNew = isNewSql(arrival);
    return this.clickhouse.select<ArrivedRequests>(
      `SELECT workspace_id, key_id, groupArray(id) AS ids, groupArray(caller) AS callers, groupArray(call) AS calls, groupArray(size) AS sizes, groupArray(minute) AS minutes
      FROM (SELECT workspace_id, key_id, toFloat64(bitAnd(cityHash64(workspace_id, key_id, request_id), 9007199254740991)) AS id,
          toUInt32(bitAnd(cityHash64(address, user_agent), 4294967295)) AS caller,
          toUInt32(bitAnd(cityHash64(method, cutQueryStringAndFragment(path)), 4294967295)) AS call, toUInt32(least(ifNull(bytes_in, 0), 4294967295)) AS size,
          toUInt32(intDiv(toUnixTimestamp(toDateTime(request_logs.time, 'UTC')), 60)) AS minute
        FROM request_logs WHERE ${within(spans)} AND ${isNew.sql} AND key_id != '' AND request_id != '' ORDER BY request_logs.time LIMIT ${MOST_REQUESTS})
      GROUP BY workspace_id, key_id SETTINGS max_execution_time = ${MOST_SECONDS}`, isNew.params);
  }

  /** Ids that a key used for more than one request in a span, with the first and the latest of them; epoch milliseconds. */
  async reused({ workspace_id, key_id }: KeyName, { from, to }: Span): Promise<ReusedId[]> {
    const logged = `tuple(toUnixTimestamp64Milli(request_logs.time), CAST(address, 'String'), CAST(method, 'String'), substringUTF8(cutQueryStringAndFragment(path), 1, 200),
      CAST(user_agent, 'String'), CAST(gateway_node, 'String'), bytes_in)`;
    const rows = await this.clickhouse.select<{ request_id: string; first: Logged; again: Logged }>(
      `SELECT request_id, argMin(${logged}, request_logs.time) AS first, argMax(${logged}, request_logs.time) AS again FROM request_logs
      WHERE workspace_id = {workspace:String} AND key_id = {key_id:String} AND request_logs.time >= ${atMs(from)} AND request_logs.time <= ${atMs(to)} AND request_id != ''
      GROUP BY request_id HAVING uniqExact(address, user_agent, method, cutQueryStringAndFragment(path), ifNull(bytes_in, 0)) > 1
      ORDER BY max(request_logs.time) DESC LIMIT ${MOST_REUSED} SETTINGS max_execution_time = ${MOST_SECONDS}`, { workspace: workspace_id, key_id });
    return rows.map(({ request_id, first, again }) => ({ request_id, first: loggedOf(first), again: loggedOf(again) }));
  }
}

type Logged = [at: number, address: string, method: string, path: string, user_agent: string, node: string, bytes_in: number | null];

const loggedOf = ([at, address, method, path, user_agent, node, bytes_in]: Logged): LoggedRequest => (
  { at: Number(at), address, method, path, user_agent, node, bytes_in: bytes_in === null ? null : Number(bytes_in) });

/** Arrivals of very many hours, as an import of the past has, are looked for as one span. */
function within(spans: readonly Span[]): string {
  const some = spans.length <= MOST_SPANS ? spans : [{ from: spans[0]!.from, to: spans.at(-1)!.to }];
  return `(${some.map(({ from, to }) => `(request_logs.time >= ${atMs(from)} AND request_logs.time <= ${atMs(to)})`).join(' OR ')})`;
}
