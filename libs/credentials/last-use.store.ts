import { Injectable } from '@nestjs/common';
import { ClickHouse } from '@keytrail/clickhouse';

/** When keys were last used, from the rollup of their callers. */
@Injectable()
export class LastUseStore {
  constructor(private readonly clickhouse: ClickHouse) {}

  /**
   * The latest request of each key that has any, within workspaces (null = all). Undefined when the request logs cannot be asked: keys can
   * be listed and revoked without them.
   */
  async of(keyIds: readonly string[], workspaces: readonly string[] | null): Promise<Map<string, Date> | undefined> {
    if (keyIds.length === 0) return new Map();
    const within = workspaces === null ? '' : 'workspace_id IN {workspaces:Array(String)} AND ';
    try {
      const rows = await this.clickhouse.select<{ key_id: string; last: number }>(
        `SELECT key_id, toUnixTimestamp64Milli(max(last_time)) AS last FROM key_callers WHERE ${within}key_id IN {keys:Array(String)} GROUP BY key_id`,
        { keys: keyIds, ...(workspaces !== null && { workspaces }) });
      return new Map(rows.map(({ key_id, last }) => [key_id, new Date(Number(last))]));
    } catch {
      return undefined;
    }
  }
}
