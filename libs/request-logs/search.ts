import { z } from 'zod';
import type { RequestCountsQuery, RequestLog } from '@keytrail/contracts';
import type { QueryParams } from '@keytrail/clickhouse';
import { badRequest } from '@keytrail/platform';
import { valueConditions, valueFilters, type ValueFilter } from './value-filters.js';

export interface TimeRange {
  /** Epoch milliseconds; from inclusive, to exclusive. */
  from: number;
  to: number;
}

export interface SearchFilter extends Partial<TimeRange> {
  /** null = all, empty = none. */
  workspaces: readonly string[] | null;
  key_id?: string | undefined;
  key_fingerprint?: string | undefined;
  request_id?: string | undefined;
  request_ids?: readonly string[] | undefined;
  status?: number | undefined;
  outcome?: string | undefined;
  address?: string | undefined;
  route?: string | undefined;
  include?: readonly ValueFilter[];
  exclude?: readonly ValueFilter[];
}

/** Where a page ended: rows are ordered by time, then request id. */
export const SearchPosition = z.tuple([z.number().int(), z.string().max(128), z.number().int().min(0)]);
/** Time (epoch ms) and request id of the last row, and how many rows with exactly these were shown. */
export type SearchPosition = z.infer<typeof SearchPosition>;

interface RangeQuery {
  last_n_minutes?: number | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

/** The range a query asks for: open ends stay open. 400 when it is empty. */
export function timeRange(query: RangeQuery, now: number): Partial<TimeRange> {
  if (query.last_n_minutes !== undefined) return { from: now - query.last_n_minutes * 60_000 };
  const from = query.from === undefined ? undefined : Date.parse(query.from);
  const to = query.to === undefined ? undefined : Date.parse(query.to);
  if (from !== undefined && to !== undefined && from >= to) throw badRequest('empty_range', 'from must lie before to.');
  return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}

export const searchFilter = (query: RequestCountsQuery, workspaces: readonly string[] | null, now: number): SearchFilter => ({
  workspaces, ...timeRange(query, now), key_id: query.key_id, key_fingerprint: query.key_fingerprint, request_id: query.request_id,
  status: query.status, outcome: query.outcome, address: query.address, route: query.route,
  ...(query.include && { include: valueFilters(query.include) }), ...(query.exclude && { exclude: valueFilters(query.exclude) }),
});

/** WHERE conditions with bound values. Column names are ours, values never become SQL. */
export function searchSql(filter: SearchFilter, after: SearchPosition | null): { conditions: string; params: QueryParams } {
  const conditions = ['1'];
  const params: Record<string, string | number | readonly string[]> = {};
  const add = (condition: string, name: string, value: string | number | readonly string[] | undefined) => {
    if (value === undefined) return;
    conditions.push(condition);
    params[name] = value;
  };
  const time = (name: string) => `fromUnixTimestamp64Milli({${name}:Int64}, 'UTC')`;
  add('workspace_id IN {workspaces:Array(String)}', 'workspaces', filter.workspaces ?? undefined);
  add(`request_logs.time >= ${time('from')}`, 'from', filter.from);
  add(`request_logs.time < ${time('to')}`, 'to', filter.to);
  add('key_id = {key_id:String}', 'key_id', filter.key_id);
  add('key_fingerprint = {key_fingerprint:String}', 'key_fingerprint', filter.key_fingerprint);
  add('request_id = {request_id:String}', 'request_id', filter.request_id);
  add('request_id IN {request_ids:Array(String)}', 'request_ids', filter.request_ids);
  add('status = {status:UInt16}', 'status', filter.status);
  add('outcome = {outcome:String}', 'outcome', filter.outcome);
  add('address = {address:String}', 'address', filter.address);
  add('route = {route:String}', 'route', filter.route);
  for (const values of [valueConditions(filter.include ?? [], false), valueConditions(filter.exclude ?? [], true)]) {
    conditions.push(...values.conditions);
    Object.assign(params, values.params);
  }
  if (after !== null) {
    add(`(request_logs.time, request_id) <= (${time('after_time')}, {after_id:String})`, 'after_time', after[0]);
    params['after_id'] = after[1];
  }
  return { conditions: conditions.join(' AND '), params };
}

/** Where a page ended. Rows that share time and request id with the last one are counted, so that the next page goes on among them. */
export function nextPosition(shown: readonly RequestLog[], before: SearchPosition | null): SearchPosition {
  const last = shown.at(-1)!;
  const isSame = (row: Pick<RequestLog, 'time' | 'request_id'>) => row.time === last.time && row.request_id === last.request_id;
  const same = shown.filter(isSame).length;
  const time = Date.parse(last.time);
  const goesOn = before !== null && same === shown.length && before[0] === time && before[1] === last.request_id;
  return [time, last.request_id, same + (goesOn ? before[2] : 0)];
}
