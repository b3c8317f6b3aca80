import { Injectable } from '@nestjs/common';
import { ClickHouse } from '@keytrail/clickhouse';
import type { SeenKey } from './no-owner.js';

/** Keys as the request logs name them, from the rollup of their callers. */
@Injectable()
export class SeenKeyStore {
  constructor(private readonly clickhouse: ClickHouse) {}

  /** Keys of a workspace with an accepted request at or after `since`, by id after one. Throws when the request logs cannot be asked. */
  async after(workspaceId: string, keyId: string, since: Date, limit: number): Promise<SeenKey[]> {
    // In the order of the table: no more than a page is held, however many keys there are.
    const rows = await this.clickhouse.select<{ key_id: string; first: number; last: number; accepted: number }>(
      `SELECT key_id, toUnixTimestamp64Milli(min(first_time)) AS first, toUnixTimestamp64Milli(max(last_time)) AS last, sum(requests) - sum(denied) AS accepted
       FROM key_callers WHERE workspace_id = {workspace:String} AND key_id > {after:String}
       GROUP BY key_id HAVING accepted > 0 AND last >= {since:Int64} ORDER BY key_id LIMIT {limit:UInt32}
       SETTINGS optimize_aggregation_in_order = 1`,
      { workspace: workspaceId, after: keyId, since: since.getTime(), limit });
    return rows.map((row) => ({ key_id: row.key_id, first_seen: new Date(Number(row.first)), last_seen: new Date(Number(row.last)), accepted: Number(row.accepted) }));
  }
}
