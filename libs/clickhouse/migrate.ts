import type { ClickHouse } from './clickhouse.js';
import { requestLogs } from './migrations/0001-request-logs.js';
import { leanStorage } from './migrations/0002-lean-storage.js';
import { fewerMerges } from './migrations/0003-fewer-merges.js';
import { signsOfRequests } from './migrations/0004-signs-of-requests.js';
import { settledViews } from './migrations/0005-settled-views.js';

const migrations: readonly { name: string; statements: readonly string[] }[] = [
  { name: '0001-request-logs', statements: requestLogs },
  { name: '0002-lean-storage', statements: leanStorage },
  { name: '0003-fewer-merges', statements: fewerMerges },
  { name: '0004-signs-of-requests', statements: signsOfRequests },
  { name: '0005-settled-views', statements: settledViews },
];

/** Brings the schema up to date. Statements are written so that a half-done migration can run again. */
export async function migrateClickHouse(clickhouse: ClickHouse): Promise<void> {
  await clickhouse.command('CREATE TABLE IF NOT EXISTS schema_migrations (name String, at DateTime DEFAULT now()) ENGINE = MergeTree ORDER BY name');
  const done = await clickhouse.select<{ name: string }>('SELECT DISTINCT name FROM schema_migrations');
  const names = new Set(done.map(({ name }) => name));
  for (const migration of migrations) {
    if (names.has(migration.name)) continue;
    for (const statement of migration.statements) await clickhouse.command(statement);
    await clickhouse.command(`INSERT INTO schema_migrations (name) VALUES ('${migration.name}')`);
  }
}
