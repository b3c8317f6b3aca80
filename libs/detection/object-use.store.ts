import { Injectable } from '@nestjs/common';
import { ClickHouse } from '@keytrail/clickhouse';
import { atMs } from './arrival.js';
import type { ObjectEnumerationInput } from './rules/object-enumeration.js';
import type { KeyName } from './key-name.js';

const MOST_PATHS = 5_000;
const MOST_SECONDS = 10;
const DAY = 86_400_000;
const PAST_DAYS = 7;

const PATH = `substringUTF8(cutQueryStringAndFragment(path), 1, 300)`;

/** What objects keys call, by the paths of their requests. Moments are epoch milliseconds of the requests' own clock. */
@Injectable()
export class ObjectUseStore {
  constructor(private readonly clickhouse: ClickHouse) {}

  /** Paths a key called, `to` included; not those for which its credential was refused. At most 5,000. */
  async called({ workspace_id, key_id }: KeyName, from: number, to: number): Promise<ObjectEnumerationInput['called']> {
    const rows = await this.clickhouse.select<{ route: string; path: string; requests: number; not_found: number }>(
      `SELECT CAST(route, 'String') AS route, ${PATH} AS path, toInt64(count()) AS requests, toInt64(countIf(status = 404)) AS not_found FROM request_logs
      WHERE workspace_id = {workspace:String} AND key_id = {key_id:String} AND request_logs.time >= ${atMs(from)} AND request_logs.time <= ${atMs(to)} AND outcome != 'unauthorised'
      GROUP BY route, path ORDER BY route, path LIMIT ${MOST_PATHS} SETTINGS max_execution_time = ${MOST_SECONDS}`, { workspace: workspace_id, key_id });
    const routes = new Map<string, { path: string; requests: number; not_found: number }[]>();
    for (const { route, ...path } of rows) {
      const paths = routes.get(route);
      if (paths === undefined) routes.set(route, [path]);
      else paths.push(path);
    }
    return [...routes].map(([route, paths]) => ({ route, paths }));
  }

  /** The most distinct paths of any window in the week before a moment; null when the key has not been there for a day by then. */
  async usual({ workspace_id, key_id }: KeyName, before: number, windowMinutes: number): Promise<number | null> {
    const [row] = await this.clickhouse.select<{ most: number; first: number }>(
      `SELECT toInt64(max(objects)) AS most, min(first) AS first FROM (
        SELECT uniq(${PATH}) AS objects, toUnixTimestamp64Milli(min(request_logs.time)) AS first FROM request_logs
        WHERE workspace_id = {workspace:String} AND key_id = {key_id:String} AND request_logs.time >= ${atMs(before - PAST_DAYS * DAY)} AND request_logs.time < ${atMs(before)}
          AND outcome != 'unauthorised'
        GROUP BY intDiv(toUnixTimestamp(toDateTime(request_logs.time, 'UTC')), ${Math.trunc(windowMinutes) * 60}))
      HAVING count() > 0 SETTINGS max_execution_time = ${MOST_SECONDS}`, { workspace: workspace_id, key_id });
    return row === undefined || Number(row.first) > before - DAY ? null : row.most;
  }
}
