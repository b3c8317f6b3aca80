import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createTempDir } from '../support/temp-dir.js';
import { waitFor } from '../support/wait-for.js';
import type { Bundle } from './bundle.js';
import { HttpSide } from './http-side.js';
import { readLetterTopic } from './letter-topic.js';
import { ProcessUnderTest } from './process-under-test.js';
import { forgetTokens, readStores } from './read-stores.js';
import { MOMENT_MS, SESSION_TIMEOUT_MS, letterTopicOf, settingsOf, type Feed, type Subject } from './subject.js';

const TOKEN = 'the-administrator-of-this-test';

/** The standalone app: collector, ClickHouse and Postgres in one process, which goes down as a whole. */
export async function subjectOnEmbeddedStores(bundle: Bundle, feed: Feed): Promise<Subject> {
  const directory = await createTempDir('keytrail-faults-');
  const stores = { clickhouse: { directory: join(directory.path, 'clickhouse') }, postgres: { directory: join(directory.path, 'postgres') } };
  const app = new ProcessUnderTest(bundle.directory, {
    ...settingsOf(feed), KEYTRAIL_DATA_DIR: directory.path, KEYTRAIL_ADMIN_TOKEN: TOKEN, UV_THREADPOOL_SIZE: '16',
  });
  const http = new HttpSide(() => app.output(), TOKEN);
  return {
    faults: ['kill -9', 'kill -9 after an insert', 'SIGTERM', 'SIGSTOP', 'broker restart'],
    start: () => app.start(),
    output: () => app.output(),
    forgetTokens: () => forgetTokens(stores.clickhouse),
    read: async (oracle) => ({ ...await readStores(stores, oracle), topicLetters: await readLetterTopic(feed.brokers, letterTopicOf(feed.topic)) }),
    http,
    taken: () => http.taken(),
    async hurt(fault, random) {
      await delay(random() * MOMENT_MS);
      switch (fault) {
        case 'kill -9':
        case 'SIGTERM':
          await app.end(fault === 'SIGTERM' ? 'SIGTERM' : 'SIGKILL');
          return app.start();
        case 'kill -9 after an insert': {
          const before = await insertedParts(stores.clickhouse.directory);
          await waitFor(async () => [...await insertedParts(stores.clickhouse.directory)].some((part) => !before.has(part)),
            { what: 'an insert', timeoutMs: 60_000, intervalMs: 1 });
          // Between the table and its rollups, or between storing and the ledger.
          await delay(random() * 20);
          await app.end('SIGKILL');
          return app.start();
        }
        case 'SIGSTOP':
          app.signal('SIGSTOP');
          await delay(SESSION_TIMEOUT_MS * 2);
          return app.signal('SIGCONT');
        case 'broker restart':
          return feed.restartBroker();
        case 'ClickHouse gone':
        case 'Postgres gone':
        case 'ClickHouse killed':
        case 'Postgres killed':
        case 'rebalance':
          throw new Error(`${fault}: the embedded stores have no other process`);
      }
    },
    end: () => app.end('SIGTERM'),
    async close() {
      await app.end('SIGKILL');
      await directory.remove();
    },
  };
}

/** Parts that inserts wrote whole, not those of merges. */
async function insertedParts(directory: string): Promise<Set<string>> {
  const entries = await readdir(join(directory, 'store'), { recursive: true });
  return new Set(entries.filter((name) => /^\w+\/[^/]+\/\w+_\d+_\d+_0$/.test(name) && !name.includes('tmp')));
}
