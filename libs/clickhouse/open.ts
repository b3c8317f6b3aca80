import type { ClickHouse } from './clickhouse.js';
import { migrateClickHouse, type Alone } from './migrate.js';
import { ServerClickHouse } from './server-clickhouse.js';

/** Where ClickHouse is: a server by URL, or chDB in a directory of this process. */
export type ClickHouseLocation = { url: string } | { directory: string };

/** Opens ClickHouse and brings its schema up to date; `alone` where other processes may do so at the same time. */
export async function openClickHouse(location: ClickHouseLocation, alone?: Alone): Promise<ClickHouse> {
  const clickhouse = 'url' in location ? new ServerClickHouse(location.url) : await openEmbedded(location.directory);
  try {
    await migrateClickHouse(clickhouse, alone);
    return clickhouse;
  } catch (error) {
    await clickhouse.close();
    throw error;
  }
}

/**
 * What the engine's allocator (jemalloc) is told, unless somebody told it otherwise: few arenas, and memory that is free goes back soon. As it is made, it
 * keeps some 50 MB more for the same speed. It reads this once, when the library is loaded.
 */
const ALLOCATOR = 'narenas:2,dirty_decay_ms:500,muzzy_decay_ms:0';

/** chDB is a large native library, and not there for every platform: only who asks for it loads it. */
async function openEmbedded(directory: string): Promise<ClickHouse> {
  // eslint-disable-next-line no-restricted-properties -- not a setting of ours: the library reads the environment itself
  process.env['JE_MALLOC_CONF'] ??= ALLOCATOR;
  const { EmbeddedClickHouse } = await import('./embedded-clickhouse.js');
  return new EmbeddedClickHouse(directory);
}
