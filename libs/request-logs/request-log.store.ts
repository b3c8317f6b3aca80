import { Injectable } from '@nestjs/common';
import type { Outcome, RequestLog } from '@keytrail/contracts';
import { ClickHouse, checkToken } from '@keytrail/clickhouse';
import { Clock } from '@keytrail/platform';
import { GatheredRows } from './gathered-rows.js';
import { buildRequestLogBlock, stampedBlock, type RequestLogBlockBuilder } from './request-log-block.js';
import type { RequestLogRow } from './row.js';
import type { StepOutcomes } from './counts.js';
import { searchSql, type SearchFilter, type SearchPosition, type TimeRange } from './search.js';

/** Of one outcome. */
export interface Conduct { outcome: Outcome; requests: number; bytes_out: number; routes: string[] }

interface StoredRow extends Omit<RequestLog, 'time'> {
  /** Epoch milliseconds. */
  time: number;
}

const OTHER_COLUMNS = `workspace_id, key_id, key_fingerprint, credential_kind, principal, outcome, refusal_reason, method, route, path, status,
  latency_ms, bytes_in, bytes_out, address, country, user_agent, origin, referer, tenant, environment, gateway_node, source`;

/** By every column: pages of rows that share time and request id stay whole only where the order leaves nothing open. */
const NEWEST_FIRST = `request_logs.time DESC, request_id DESC, ${OTHER_COLUMNS}, toString(attributes)`;

/** Request logs in ClickHouse. */
@Injectable()
export class RequestLogStore {
  constructor(private readonly clickhouse: ClickHouse, private readonly clock: Clock) {}

  /**
   * Stores rows as one block; durable when it resolves. A second call with the same token stores nothing, in the table and its rollups
   * alike. Rows are stamped with their batch and the moment of insertion: detection reads on from there.
   */
  async insert(rows: readonly RequestLogRow[] | GatheredRows, token: string, batchId = token): Promise<void> {
    if (rows.length === 0) return;
    const builder = rows instanceof GatheredRows ? rows.asBlock() : blockOf(rows);
    await this.clickhouse.insertBlock('request_logs', stampedBlock(builder, batchId, this.clock.now()), { deduplicationToken: token });
  }

  /**
   * Stores rows in the table alone, for rollups that count them already: by way of a table of their own, whose parts are taken over. Done again after a
   * crash in between, it begins anew; whoever calls says only what is still missing.
   */
  async insertUncounted(rows: readonly RequestLogRow[], batchId: string): Promise<void> {
    if (rows.length === 0) return;
    const aside = `request_logs_aside_${checkToken(batchId).slice(0, 32)}`;
    await this.clickhouse.command(`DROP TABLE IF EXISTS ${aside} SYNC`);
    await this.clickhouse.command(`CREATE TABLE ${aside} AS request_logs`);
    await this.clickhouse.insertBlock(aside, stampedBlock(blockOf(rows), batchId, this.clock.now()), { deduplicationToken: batchId });
    const partitions = await this.clickhouse.select<{ id: string }>(
      'SELECT DISTINCT partition_id AS id FROM system.parts WHERE database = currentDatabase() AND table = {aside:String} AND active', { aside });
    for (const { id } of partitions) await this.clickhouse.command(`ALTER TABLE request_logs ATTACH PARTITION ID '${id}' FROM ${aside}`);
    await this.clickhouse.command(`DROP TABLE ${aside} SYNC`);
  }

  /** What callers did with keys in a span of time: how often each outcome came, with how many bytes, and the three routes called most. */
  async conductOf({ workspace, keys, addresses, from, to }: { workspace: string; keys: readonly string[]; addresses: readonly string[] } & TimeRange): Promise<Conduct[]> {
    return this.clickhouse.select<Conduct>(
      `SELECT outcome, count() AS requests, toFloat64(sum(ifNull(bytes_out, 0))) AS bytes_out,
        topK(3)(concat(method, ' ', if(route = '', cutQueryString(path), toString(route)))) AS routes
      FROM request_logs WHERE workspace_id = {workspace:String} AND key_id IN {keys:Array(String)} AND address IN {addresses:Array(String)}
        AND request_logs.time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND request_logs.time < fromUnixTimestamp64Milli({to:Int64}, 'UTC') GROUP BY outcome`,
      { workspace, keys, addresses, from, to });
  }

  /** How many rows of each outcome came in each step; steps without any are absent. */
  async countByStep(filter: SearchFilter & TimeRange, step_s: number): Promise<StepOutcomes[]> {
    const { conditions, params } = searchSql(filter, null);
    return this.clickhouse.select<StepOutcomes>(
      `SELECT intDiv(toUnixTimestamp(request_logs.time), ${Math.trunc(step_s)}) * ${Math.trunc(step_s)} * 1000 AS time, countIf(outcome = 'authorised') AS authorised,
        countIf(outcome IN ('unauthorised', 'forbidden')) AS denied, countIf(outcome = 'rate_limited') AS rate_limited, countIf(outcome = 'error') AS error
      FROM request_logs WHERE ${conditions} GROUP BY time ORDER BY time`, params);
  }

  /** Rows, newest first, after a position. */
  async search(filter: SearchFilter, after: SearchPosition | null, limit: number): Promise<RequestLog[]> {
    const { conditions, params } = searchSql(filter, after);
    const rows = await this.clickhouse.select<StoredRow>(
      `SELECT request_id, toUnixTimestamp64Milli(time) AS time, ${OTHER_COLUMNS}, attributes FROM request_logs
      WHERE ${conditions} ORDER BY ${NEWEST_FIRST} LIMIT ${Math.trunc(limit)} OFFSET ${Math.trunc(after?.[2] ?? 0)}`, params);
    return rows.map((row) => ({ ...row, time: new Date(row.time).toISOString() }));
  }
}

function blockOf(rows: readonly RequestLogRow[]): RequestLogBlockBuilder {
  const builder = buildRequestLogBlock(rows.length);
  builder.append(rows);
  return builder;
}
