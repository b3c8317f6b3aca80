import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, type ClickHouseClient } from '@clickhouse/client';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { Pool } from 'pg';
import { buildApps } from '../support/app-process.js';
import { createClickHouseDatabase, describeWithClickHouseHttp, type ClickHouseDatabase } from '../support/clickhouse.js';
import { startCutProxy, type CutProxy } from '../support/cut-proxy.js';
import { createTopic, describeWithOwnKafka, startKafkaBroker } from '../support/kafka.js';
import { createPostgresDatabase, describeWithPostgres } from '../support/postgres.js';
import { waitFor } from '../support/wait-for.js';
import { CollectorUnderTest } from './collector-under-test.js';
import { Oracle, compare, type Comparison, type StoredCell } from './oracle.js';

const KILLS = Number(process.env.KEYTRAIL_FAULT_KILLS ?? 8);
const SESSION_MS = 2_000;
const PARTITIONS = 3;

/** Ways to hurt a collector, each ending with everything up again. */
const faults = ['kill -9', 'kill -9', 'kill -9', 'SIGTERM', 'SIGSTOP', 'broker restart', 'ClickHouse gone', 'Postgres gone', 'rebalance'] as const;
type Fault = (typeof faults)[number];

describeWithOwnKafka('a collector that is hurt', () => describeWithPostgres('on Postgres', () => describeWithClickHouseHttp('and ClickHouse', () => {
  let broker: Awaited<ReturnType<typeof startKafkaBroker>>;
  let postgres: Awaited<ReturnType<typeof createPostgresDatabase>>;
  let clickhouse: ClickHouseDatabase;
  let toPostgres: CutProxy;
  let toClickHouse: CutProxy;
  let client: ClickHouseClient;
  let pool: Pool;
  let producer: Producer;
  const collectors: CollectorUnderTest[] = [];

  beforeAll(async () => {
    await buildApps('collector');
    broker = await startKafkaBroker();
    postgres = await createPostgresDatabase();
    clickhouse = await createClickHouseDatabase();
    const [pg, ch] = [new URL(postgres.url), new URL(clickhouse.url)];
    toPostgres = await startCutProxy({ host: pg.hostname, port: Number(pg.port) });
    toClickHouse = await startCutProxy({ host: ch.hostname, port: Number(ch.port) });
    client = createClient({ url: clickhouse.url, database: clickhouse.database });
    pool = new Pool({ connectionString: postgres.url });
    producer = new Kafka({ brokers: broker.brokers, logLevel: logLevel.NOTHING, retry: { retries: 30, maxRetryTime: 2_000 } }).producer({ idempotent: true });
    await producer.connect();
  }, 300_000);
  afterAll(async () => {
    for (const collector of collectors) await collector.end('SIGKILL');
    await producer?.disconnect();
    await pool?.end();
    await client?.close();
    for (const proxy of [toPostgres, toClickHouse]) await proxy?.close();
    await clickhouse?.drop();
    await postgres?.drop();
    await broker?.stop();
  }, 60_000);

  const newCollectors = (topic: string, group: string) => {
    const [pg, ch] = [new URL(postgres.url), new URL(clickhouse.url)];
    pg.port = String(toPostgres.port);
    ch.port = String(toClickHouse.port);
    ch.pathname = `/${clickhouse.database}`;
    const env = {
      KEYTRAIL_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'), KEYTRAIL_POSTGRES_URL: String(pg), KEYTRAIL_CLICKHOUSE_URL: String(ch),
      KEYTRAIL_KAFKA_BROKERS: broker.brokers.join(','), KEYTRAIL_KAFKA_TOPICS: topic, KEYTRAIL_KAFKA_GROUP: group,
      KEYTRAIL_KAFKA_DEAD_LETTER_TOPIC: `${topic}-letters`, KEYTRAIL_KAFKA_SESSION_TIMEOUT_MS: String(SESSION_MS),
    };
    const pair = [new CollectorUnderTest(env), new CollectorUnderTest(env)] as const;
    collectors.push(...pair);
    return pair;
  };
  const rowsOf = async <T>(query: string): Promise<T[]> => (await client.query({ query, format: 'JSONEachRow' })).json<T>();
  const storedUpTo = async (topic: string) => Number((await pool.query(
    'SELECT coalesce(sum(stored + dead_lettered), 0) AS stored FROM intake_counts WHERE source = $1', [`kafka:${topic}`])).rows[0].stored);

  async function compareAll(topic: string, oracle: Oracle): Promise<Comparison> {
    const ids = await rowsOf<{ request_id: string; rows: number }>(`SELECT request_id, toUInt32(count()) AS rows FROM request_logs WHERE topic = '${topic}' GROUP BY request_id`);
    const keys = oracle.keys.map((key) => `'${key}'`).join(', ');
    const minutes = await rowsOf<StoredCell>(`SELECT key_id, toUInt32(intDiv(toUnixTimestamp(request_minutes.minute), 60)) AS minute, toUInt32(sum(request_minutes.requests)) AS requests,
      toUInt32(sum(request_minutes.denied)) AS denied FROM request_minutes WHERE key_id IN (${keys}) GROUP BY key_id, minute`);
    const activity = await rowsOf<StoredCell>(`SELECT key_id, caller_activity.minute AS minute, toUInt32(sum(caller_activity.requests)) AS requests,
      toUInt32(sumIf(caller_activity.requests, outcome IN ('unauthorised', 'forbidden'))) AS denied FROM caller_activity WHERE key_id IN (${keys}) GROUP BY key_id, minute`);
    return compare(oracle.acknowledged, ids, [minutes, activity]);
  }

  async function hurt(fault: Fault, [one, other]: readonly [CollectorUnderTest, CollectorUnderTest]): Promise<void> {
    const awhile = () => delay(Math.random() * 1_500);
    await awhile();
    switch (fault) {
      case 'kill -9':
      case 'SIGTERM':
        await one.end(fault === 'SIGTERM' ? 'SIGTERM' : 'SIGKILL');
        return one.start();
      case 'SIGSTOP':
        one.signal('SIGSTOP');
        await delay(SESSION_MS * 2);
        one.signal('SIGCONT');
        return;
      case 'broker restart':
        return broker.restart();
      case 'ClickHouse gone':
      case 'Postgres gone': {
        const proxy = fault === 'ClickHouse gone' ? toClickHouse : toPostgres;
        proxy.cut();
        await awhile();
        // Ended while the store is away: what was announced is left for the next to find.
        const ended = Math.random() < 0.5;
        if (ended) await one.end('SIGKILL');
        await awhile();
        proxy.restore();
        if (ended) one.start();
        return;
      }
      case 'rebalance':
        other.start();
        await delay(2_000 + Math.random() * 2_000);
        await other.end(Math.random() < 0.5 ? 'SIGKILL' : 'SIGTERM');
    }
  }

  async function run(kills: readonly Fault[]): Promise<{ topic: string; oracle: Oracle; kinds: Record<string, number> }> {
    const seed = randomBytes(4).toString('hex');
    const topic = await createTopic(broker.brokers, { partitions: PARTITIONS });
    const pair = newCollectors(topic, `group-${seed}`);
    const oracle = new Oracle(producer, topic, seed);
    pair[0].start();
    await oracle.send(10);
    await waitFor(async () => await storedUpTo(topic) === 10, { what: `the collector to begin; it printed ${pair[0].output()}`, timeoutMs: 60_000 })
      .catch((error: unknown) => { throw new Error(`could not run: ${String(error)}\n${pair[0].output()}`); });
    const state = { over: false };
    const producing = (async () => {
      while (!state.over) {
        await oracle.send(200);
        await delay(50);
      }
    })();
    const kinds: Record<string, number> = {};
    for (const fault of kills) {
      kinds[fault] = (kinds[fault] ?? 0) + 1;
      await hurt(fault, pair);
      const before = await storedUpTo(topic);
      await waitFor(async () => await storedUpTo(topic) > before, { what: `progress after ${fault}`, timeoutMs: 90_000, intervalMs: 100 })
        .catch((error: unknown) => { throw new Error(`${String(error)}\n${pair[0].output()}`); });
    }
    state.over = true;
    await producing;
    await waitFor(async () => await storedUpTo(topic) >= oracle.acknowledged.length, { what: 'everything to be stored', timeoutMs: 90_000, intervalMs: 200 });
    for (const collector of pair) await collector.end('SIGTERM');
    return { topic, oracle, kinds };
  }

  describe('stores every acknowledged message exactly once, in rows and in rollups', () => {
    it(`through ${KILLS} faults at random moments`, async () => {
      const kills = Array.from({ length: KILLS }, (_, index) => faults[(index * 4) % faults.length]!);
      const { topic, oracle, kinds } = await run(kills);
      const result = await compareAll(topic, oracle);
      report({ kills: KILLS, kinds, ...result });
      expect(result).toEqual({ rows: oracle.acknowledged.length, missing: 0, doubled: 0, rollup_mismatches: 0 });
    }, 120_000 + KILLS * 30_000);

    it('and a control without deduplication is found out', async () => {
      for (const table of ['request_logs', 'request_minutes', 'key_callers', 'caller_activity']) {
        await client.command({ query: `ALTER TABLE ${table} MODIFY SETTING non_replicated_deduplication_window = 0` });
      }
      const { topic, oracle } = await run(Array.from({ length: 8 }, () => 'Postgres gone' as const));
      const result = await compareAll(topic, oracle);
      const failed = result.doubled > 0 && result.rollup_mismatches > 0;
      report({ control_failed: failed, control: result });
      expect(failed).toBe(true);
    }, 400_000);
  });
})));

const reported: Record<string, unknown> = {};
function report(part: Record<string, unknown>): void {
  Object.assign(reported, part);
  const file = process.env.KEYTRAIL_FAULT_REPORT;
  if (file) writeFileSync(file, JSON.stringify(reported));
}
