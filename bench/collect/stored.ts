import type { ClickHouse } from '@keytrail/clickhouse';

/** Bytes on disk of each table. Throws unless `rows` request logs are stored, and counted in each rollup. */
export async function bytesByTable(clickhouse: ClickHouse, rows: number): Promise<Record<string, number>> {
  const [counts] = await clickhouse.select<{ logs: number; minutes: number; callers: number; activity: number }>(`SELECT
    (SELECT count() FROM request_logs) AS logs, (SELECT sum(requests) FROM request_minutes) AS minutes,
    (SELECT sum(requests) FROM key_callers) AS callers, (SELECT sum(requests) FROM caller_activity) AS activity`);
  for (const [table, count] of Object.entries(counts ?? {})) {
    if (Number(count) !== rows) throw new Error(`${table} holds ${count} of ${rows} requests`);
  }
  const sizes = await clickhouse.select<{ table: string; bytes: number }>(
    `SELECT table, sum(bytes_on_disk) AS bytes FROM system.parts WHERE active AND database = currentDatabase() AND rows > 0 GROUP BY table ORDER BY table`);
  return Object.fromEntries(sizes.map(({ table, bytes }) => [table, Number(bytes)]));
}
