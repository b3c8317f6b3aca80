import { Injectable } from '@nestjs/common';
import { ClickHouse, type QueryParams } from '@keytrail/clickhouse';
import { atMs } from './arrival.js';
import { nameOf, type KeyName } from './key-name.js';
import type { ObjectEnumerationInput } from './rules/object-enumeration.js';
import { groupBy, type Span } from './slices.js';

const MOST_PATHS = 5_000;
const MOST_SECONDS = 10;
const DAY = 86_400_000;
const PAST_DAYS = 7;

const PATH = `substringUTF8(cutQueryStringAndFragment(path), 1, 300)`;

/** A key, and a span of the requests' own clock, epoch milliseconds. */
export interface KeySpan extends KeyName, Span {}

/** What objects keys call, by the paths of their requests; of several keys at once, in their order. */
@Injectable()
export class ObjectUseStore {
  constructor(private readonly clickhouse: ClickHouse) {}

  /** Paths each key called in its span; not those for which its credential was refused. At most 5,000 of each. */
  async called(spans: readonly KeySpan[]): Promise<ObjectEnumerationInput['called'][]> {
    const { sql, params } = inAnyOf(spans);
    const rows = await this.clickhouse.select<KeyName & { route: string; path: string; requests: number; not_found: number }>(
      `SELECT workspace_id, key_id, CAST(route, 'String') AS route, ${PATH} AS path, toInt64(count()) AS requests, toInt64(countIf(status = 404)) AS not_found FROM request_logs
      WHERE ${sql} AND outcome != 'unauthorised'
      GROUP BY workspace_id, key_id, route, path ORDER BY route, path LIMIT ${MOST_PATHS} BY workspace_id, key_id SETTINGS max_execution_time = ${MOST_SECONDS}`, params);
    const ofKeys = groupBy(rows, nameOf);
    return spans.map((key) => [...groupBy(ofKeys.get(nameOf(key)) ?? [], ({ route }) => route)]
      .map(([route, paths]) => ({ route, paths: paths.map(({ path, requests, not_found }) => ({ path, requests, not_found })) })));
  }

  /** The most distinct paths of any window in the week before the span of each key; null when the key has not been there for a day by then. */
  async usual(spans: readonly KeySpan[], windowMinutes: number): Promise<(number | null)[]> {
    const { sql, params } = inAnyOf(spans.map((key) => ({ ...key, from: key.from - PAST_DAYS * DAY, to: key.from - 1 })));
    const rows = await this.clickhouse.select<KeyName & { most: number; first: number }>(
      `SELECT workspace_id, key_id, toInt64(max(objects)) AS most, min(first) AS first FROM (
        SELECT workspace_id, key_id, uniq(${PATH}) AS objects, toUnixTimestamp64Milli(min(request_logs.time)) AS first FROM request_logs
        WHERE ${sql} AND outcome != 'unauthorised'
        GROUP BY workspace_id, key_id, intDiv(toUnixTimestamp(toDateTime(request_logs.time, 'UTC')), ${Math.trunc(windowMinutes) * 60}))
      GROUP BY workspace_id, key_id SETTINGS max_execution_time = ${MOST_SECONDS}`, params);
    const ofKeys = new Map(rows.map((row) => [nameOf(row), row]));
    return spans.map((key) => {
      const row = ofKeys.get(nameOf(key));
      return row === undefined || Number(row.first) > key.from - DAY ? null : row.most;
    });
  }
}

/** A condition on `request_logs`, and the values bound in it. */
function inAnyOf(spans: readonly KeySpan[]): { sql: string; params: QueryParams } {
  const one = ({ from, to }: Span, index: number) =>
    `(workspace_id = {workspace_${index}:String} AND key_id = {key_${index}:String} AND request_logs.time >= ${atMs(from)} AND request_logs.time <= ${atMs(to)})`;
  return {
    sql: `(${spans.map(one).join(' OR ')})`,
    params: Object.fromEntries(spans.flatMap(({ workspace_id, key_id }, index) => [[`workspace_${index}`, workspace_id], [`key_${index}`, key_id]])),
  };
}
