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

/** Does some work while nobody else does any under the same lock. */
export type Alone = (work: () => Promise<void>) => Promise<void>;

/**
 * Brings the schema up to date. Statements are written so that a half-done migration can run again. ClickHouse has no lock that ends with its holder:
 * where several processes may start at once, `alone` lets one of them work at a time.
 */
export async function migrateClickHouse(clickhouse: ClickHouse, alone: Alone = (work) => work()): Promise<void> {
  await clickhouse.command('CREATE TABLE IF NOT EXISTS schema_migrations (name String, at DateTime DEFAULT now()) ENGINE = MergeTree ORDER BY name');
  if ((await missing(clickhouse)).length === 0) return;
  await alone(async () => {
    for (const { name, statements } of await missing(clickhouse)) {
      for (const statement of statements) await clickhouse.command(statement);
      await clickhouse.command(`INSERT INTO schema_migrations (name) VALUES ('${name}')`);
    }
  });
}

async function missing(clickhouse: ClickHouse): Promise<typeof migrations> {
  const done = new Set((await clickhouse.select<{ name: string }>('SELECT DISTINCT name FROM schema_migrations')).map(({ name }) => name));
  return migrations.filter(({ name }) => !done.has(name));
}
