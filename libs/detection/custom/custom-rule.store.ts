import { Injectable } from '@nestjs/common';
import { ClickHouse } from '@keytrail/clickhouse';
import { atMs, isNewSql, type Arrival } from '../arrival.js';
import type { CustomRule } from './rule.js';
import { SigmaError } from './sigma-error.js';
import { SqlBuilder } from './to-sql.js';

/** Requests that fit a rule, of one key or of what the rule groups by. Times are epoch milliseconds. */
export interface FittingRequests {
  workspace_id: string;
  /** Values of what the rule groups by; the key of a rule that does not count. */
  groups: string[];
  requests: number;
  /** The most that was counted within the rule's timespan; 0 of a rule that does not count. */
  peak: number;
  first_seen: number;
  last_seen: number;
  principal: string;
  request_ids: string[];
  addresses: string[];
  user_agents: string[];
  routes: string[];
}

/** Where to look: what arrived, and when it was by the clock of the requests. */
export interface ArrivedSpan {
  arrival: Arrival;
  from: number;
  to: number;
  /** null = of every workspace. */
  workspace_id: string | null;
}

/** What is told of before what arrived: findings this close together are one story. */
const LEAD_MS = 60 * 60_000;
const MOST_FOUND = 1_000;
/** A rule that takes longer is a failure of that rule. */
const MOST_SECONDS = 20;

const TOLD = `toInt64(count()) AS requests, toUnixTimestamp64Milli(max(time)) AS last_seen, anyLast(CAST(principal, 'String')) AS principal,
  groupArray(50)(request_id) AS request_ids, arrayFilter(one -> one != '', groupUniqArray(50)(CAST(address, 'String'))) AS addresses,
  arrayFilter(one -> one != '', groupUniqArray(50)(CAST(user_agent, 'String'))) AS user_agents,
  groupUniqArray(50)(substringUTF8(if(route != '', CAST(route, 'String'), cutQueryStringAndFragment(path)), 1, 120)) AS routes`;

/** Asks request logs what people's rules ask. */
@Injectable()
export class CustomRuleStore {
  constructor(private readonly clickhouse: ClickHouse) {}

  /** Throws `SigmaError` when the store does not understand one of the rule's regular expressions. */
  async check(rule: CustomRule): Promise<void> {
    const tests = rule.selections.flatMap(({ searches }) => [...searches.values()].flat(2));
    for (const { field, values } of tests.filter(({ operator }) => operator === 're')) {
      for (const value of values) {
        await this.clickhouse.select(`SELECT match('', {expression:String}) AS fits`, { expression: String(value) }).catch(() => {
          throw new SigmaError(`${rule.title}: ${field}|re: ${String(value).slice(0, 80)} is no regular expression of RE2, which knows neither look-arounds nor back references`);
        });
      }
    }
  }

  /** What fits a rule, with at least one request among those that arrived. */
  fitting(rule: CustomRule, span: ArrivedSpan): Promise<FittingRequests[]> {
    const builder = new SqlBuilder();
    const isNew = isNewSql(span.arrival);
    const sql = rule.correlation === null ? plainSql(rule, span, isNew.sql, builder) : countingSql(rule, rule.correlation, span, isNew.sql, builder);
    return this.clickhouse.select<FittingRequests>(`${sql} LIMIT ${MOST_FOUND} SETTINGS max_execution_time = ${MOST_SECONDS}`,
      { ...builder.params, ...(span.workspace_id !== null && { workspace: span.workspace_id }), ...isNew.params });
  }
}

function wherever(rule: CustomRule, { from, to, workspace_id }: ArrivedSpan, lead: number, builder: SqlBuilder): string {
  return `request_logs.time >= ${atMs(from - lead)} AND request_logs.time <= ${atMs(to)}${workspace_id === null ? '' : ' AND workspace_id = {workspace:String}'} AND ${builder.rule(rule)}`;
}

const plainSql = (rule: CustomRule, span: ArrivedSpan, isNew: string, builder: SqlBuilder) => `SELECT workspace_id, [key_id] AS groups, 0 AS peak, toUnixTimestamp64Milli(min(time)) AS first_seen, ${TOLD}
  FROM request_logs WHERE ${wherever(rule, span, LEAD_MS, builder)}
  GROUP BY workspace_id, key_id HAVING countIf(${isNew}) > 0 ORDER BY workspace_id, key_id`;

function countingSql(rule: CustomRule, { distinct, group_by, timespan_ms, at_least }: NonNullable<CustomRule['correlation']>, span: ArrivedSpan, isNew: string, builder: SqlBuilder): string {
  const groups = group_by.map((name) => `toString(${builder.field(name)})`);
  const counted = distinct === null ? 'count()' : `uniqExact(toString(${builder.field(distinct)}))`;
  const bound = Math.trunc(at_least);
  return `SELECT workspace_id, groups, toInt64(maxIf(n, is_new)) AS peak, greatest(toUnixTimestamp64Milli(min(time)), minIf(at, n >= ${bound}) - ${Math.trunc(timespan_ms)}) AS first_seen, ${TOLD}
  FROM (SELECT *, ${isNew} AS is_new, toUnixTimestamp64Milli(time) AS at, CAST([${groups.join(', ')}], 'Array(String)') AS groups,
      ${counted} OVER (PARTITION BY workspace_id, groups ORDER BY at RANGE BETWEEN ${Math.trunc(timespan_ms)} PRECEDING AND CURRENT ROW) AS n
    FROM request_logs WHERE ${wherever(rule, span, timespan_ms, builder)})
  GROUP BY workspace_id, groups HAVING peak >= ${bound} ORDER BY workspace_id, groups`;
}
