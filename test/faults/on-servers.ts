import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'pg';
import { canStartClickHouse, createClickHouseDatabase, startClickHouseHttp } from '../support/clickhouse.js';
import { startCutProxy } from '../support/cut-proxy.js';
import { canStartPostgres, createPostgresDatabase, startPostgresServer } from '../support/postgres.js';
import { waitFor } from '../support/wait-for.js';
import type { Bundle } from './bundle.js';
import { faultKinds } from './plan.js';
import { readLetterTopic } from './letter-topic.js';
import { ProcessUnderTest } from './process-under-test.js';
import { forgetTokens, readStores } from './read-stores.js';
import { MOMENT_MS, SESSION_TIMEOUT_MS, letterTopicOf, settingsOf, type Feed, type Subject } from './subject.js';

const INSERT = /INSERT(?:\+|%20)INTO/i;

/** Collectors on Postgres and ClickHouse servers, each behind a proxy that can be cut. */
export async function subjectOnServers(bundle: Bundle, feed: Feed): Promise<Subject> {
  // Servers of its own, to be killed; those that are given are not ours to kill.
  const ownPostgres = canStartPostgres() ? await startPostgresServer() : undefined;
  const ownClickHouse = canStartClickHouse() ? await startClickHouseHttp() : undefined;
  const postgres = await createPostgresDatabase(ownPostgres);
  const clickhouse = await createClickHouseDatabase(ownClickHouse);
  const [pg, ch] = [new URL(postgres.url), new URL(clickhouse.url)];
  const toPostgres = await startCutProxy({ host: pg.hostname, port: Number(pg.port) });
  const toClickHouse = await startCutProxy({ host: ch.hostname, port: Number(ch.port) });
  const pool = new Pool({ connectionString: postgres.url });
  pool.on('error', () => undefined);
  ch.pathname = `/${clickhouse.database}`;
  const direct = { clickhouse: { url: String(ch) }, postgres: { url: postgres.url } };
  pg.port = String(toPostgres.port);
  ch.port = String(toClickHouse.port);
  const env = { ...settingsOf(feed), KEYTRAIL_POSTGRES_URL: String(pg), KEYTRAIL_CLICKHOUSE_URL: String(ch) };
  const [one, other] = [new ProcessUnderTest(bundle.directory, env), new ProcessUnderTest(bundle.directory, env)];
  return {
    faults: faultKinds.filter((kind) => (kind !== 'Postgres killed' || ownPostgres !== undefined) && (kind !== 'ClickHouse killed' || ownClickHouse !== undefined)),
    start: () => one.start(),
    output: () => one.output(),
    forgetTokens: () => forgetTokens(direct.clickhouse),
    read: async (oracle) => ({ ...await readStores(direct, oracle), topicLetters: await readLetterTopic(feed.brokers, letterTopicOf(feed.topic)) }),
    async taken() {
      const { rows } = await pool.query('SELECT coalesce(sum(stored + dead_lettered), 0) AS taken FROM intake_counts WHERE source = $1', [`kafka:${feed.topic}`]);
      return Number(rows[0].taken);
    },
    async hurt(fault, random) {
      const awhile = () => delay(random() * MOMENT_MS);
      await awhile();
      switch (fault) {
        case 'kill -9':
        case 'SIGTERM':
          await one.end(fault === 'SIGTERM' ? 'SIGTERM' : 'SIGKILL');
          return one.start();
        case 'kill -9 after an insert': {
          // The rows are stored, and neither the collector nor the ledger knows.
          let stored = false;
          toClickHouse.atAnswerTo(INSERT, () => {
            one.signal('SIGKILL');
            stored = true;
          });
          await waitFor(() => stored, { what: 'an insert', timeoutMs: 60_000, intervalMs: 10 });
          await one.end('SIGKILL');
          return one.start();
        }
        case 'SIGSTOP':
          one.signal('SIGSTOP');
          await delay(SESSION_TIMEOUT_MS * 2);
          return one.signal('SIGCONT');
        case 'broker restart':
          return feed.restartBroker();
        case 'ClickHouse gone':
        case 'Postgres gone': {
          const proxy = fault === 'ClickHouse gone' ? toClickHouse : toPostgres;
          proxy.cut();
          await awhile();
          // Ended while the store is away: what was announced is left for the next to find.
          const ended = random() < 0.5;
          if (ended) await one.end('SIGKILL');
          await awhile();
          proxy.restore();
          return ended ? one.start() : undefined;
        }
        case 'ClickHouse killed':
        case 'Postgres killed': {
          const server = fault === 'ClickHouse killed' ? ownClickHouse : ownPostgres;
          await server!.kill();
          await awhile();
          const ended = random() < 0.5;
          if (ended) await one.end('SIGKILL');
          await server!.restart();
          return ended ? one.start() : undefined;
        }
        case 'rebalance':
          other.start();
          await delay(SESSION_TIMEOUT_MS + random() * MOMENT_MS);
          return other.end(random() < 0.5 ? 'SIGKILL' : 'SIGTERM');
      }
    },
    async end() {
      for (const collector of [one, other]) await collector.end('SIGTERM');
    },
    async close() {
      for (const collector of [one, other]) await collector.end('SIGKILL');
      await pool.end();
      for (const proxy of [toPostgres, toClickHouse]) await proxy.close();
      // A database goes with its server.
      await (ownClickHouse?.stop() ?? clickhouse.drop());
      await (ownPostgres?.stop() ?? postgres.drop());
    },
  };
}
