import type { ClickHouse } from './clickhouse.js';
import { EmbeddedClickHouse } from './embedded-clickhouse.js';
import { migrateClickHouse } from './migrate.js';
import { ServerClickHouse } from './server-clickhouse.js';

/** Where ClickHouse is: a server by URL, or chDB in a directory of this process. */
export type ClickHouseLocation = { url: string } | { directory: string };

/** Opens ClickHouse and brings its schema up to date. */
export async function openClickHouse(location: ClickHouseLocation): Promise<ClickHouse> {
  const clickhouse = 'url' in location ? new ServerClickHouse(location.url) : new EmbeddedClickHouse(location.directory);
  try {
    await migrateClickHouse(clickhouse);
    return clickhouse;
  } catch (error) {
    await clickhouse.close();
    throw error;
  }
}
