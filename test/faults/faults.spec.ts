import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { describeWithClickHouseHttp } from '../support/clickhouse.js';
import { hasChdb } from '../support/find-programs.js';
import { describeWith } from '../support/describe-with.js';
import { createTopic, describeWithOwnKafka, startKafkaBroker, type OwnKafkaBroker } from '../support/kafka.js';
import { describeWithPostgres } from '../support/postgres.js';
import { ownBundle, type Bundle } from './bundle.js';
import { runCampaign, type CampaignResult } from './campaign.js';
import { subjectOnEmbeddedStores } from './on-embedded-stores.js';
import { subjectOnServers } from './on-servers.js';
import { Oracle } from './oracle.js';
import { faultKinds, planFaults, randomOf, type Fault } from './plan.js';
import type { Feed, Subject } from './subject.js';

// `npm test` makes few faults, of every kind on servers; `npm run test:faults` says how many, on which stores, and at which moments.
const { KEYTRAIL_FAULT_KILLS: kills, KEYTRAIL_FAULT_STORES: chosen = 'both', KEYTRAIL_FAULT_REPORT: reportFile } = process.env;
const seed = process.env.KEYTRAIL_FAULT_SEED ?? randomBytes(4).toString('hex');
const FEW = { servers: faultKinds.length, embedded: 2 };
const PARTITIONS = 3;
const CONTROL_ROUNDS = 10;

/** One line of JSON a part: how it ended, or that it could not be run. */
function report(part: Record<string, unknown>): void {
  if (reportFile) appendFileSync(reportFile, `${JSON.stringify(part)}\n`);
}

const isChosen = (stores: string) => chosen === 'both' || chosen === stores;

describeWithOwnKafka('a collector that is hurt', () => {
  let broker: OwnKafkaBroker;
  let producer: Producer;
  beforeAll(async () => {
    process.stderr.write(`faults: --seed ${seed}\n`);
    broker = await startKafkaBroker();
    producer = new Kafka({ brokers: broker.brokers, logLevel: logLevel.NOTHING, retry: { retries: 30, maxRetryTime: 2_000 } }).producer({ idempotent: true });
    await producer.connect();
  }, 300_000);
  afterAll(async () => {
    await producer?.disconnect();
    await broker?.stop();
  }, 60_000);

  /** A subject of its own, with a topic of its own, for as long as `work` takes. */
  async function onNew<T>(create: (feed: Feed) => Promise<Subject>, mark: string, work: (subject: Subject, oracle: Oracle) => Promise<T>): Promise<T> {
    const topic = await createTopic(broker.brokers, { partitions: PARTITIONS });
    const subject = await create({ brokers: broker.brokers, topic, restartBroker: () => broker.restart() });
    try {
      return await work(subject, new Oracle(producer, topic, mark));
    } finally {
      await subject.close();
    }
  }

  /** Reports how a part of the campaign ended, or that it could not be run. */
  async function part<T extends object>(name: { part: string; stores: string }, run: () => Promise<T>): Promise<T> {
    try {
      const result = await run();
      report({ ...name, ...result });
      return result;
    } catch (error) {
      report({ ...name, could_not_run: String(error) });
      throw error;
    }
  }

  function campaignOn(stores: 'servers' | 'embedded', create: (feed: Feed) => Promise<Subject>): void {
    const count = Number(kills ?? FEW[stores]);
    const agrees = { missing: 0, doubled: 0, rollup_mismatches: 0, examples: [] };

    it('stores every acknowledged message exactly once, in rows, rollups, dead letters and accounts', async () => {
      const random = randomOf(`${seed} ${stores}`);
      const mark = randomBytes(4).toString('hex');
      const { acknowledged, ...result } = await part({ part: 'campaign', stores }, () => onNew(create, mark, async (subject, oracle) => {
        const faults = planFaults(subject.faults, count, random);
        return { ...await runCampaign(subject, oracle, faults, random), acknowledged: oracle.requests.length };
      }));
      expect(result).toEqual({ ...agrees, rows: acknowledged, kinds: result.kinds });
    }, 180_000 + count * 30_000);

    // On embedded stores it takes long to hit the moment: `npm test` makes the control on servers only.
    if (kills === undefined && stores === 'embedded') return;
    it('and a control that forgets insert tokens is found out', async () => {
      const random = randomOf(`${seed} ${stores} control`);
      const mark = randomBytes(4).toString('hex');
      const worst: Fault[] = ['kill -9 after an insert', 'kill -9 after an insert'];
      const { control_failed: found } = await part({ part: 'control', stores }, () => onNew(create, mark, async (subject, oracle) => {
        await subject.forgetTokens();
        let last: CampaignResult | undefined;
        for (let round = 0; round < CONTROL_ROUNDS; round += 1) {
          last = await runCampaign(subject, oracle, worst, random);
          if (last.doubled > 0 && last.rollup_mismatches > 0) return { control_failed: true, control: last };
        }
        return { control_failed: false, control: last };
      }));
      expect(found).toBe(true);
    }, 600_000);
  }

  if (isChosen('servers')) describe('on servers', () => describeWithPostgres('on Postgres', () => describeWithClickHouseHttp('and ClickHouse', () => {
    let bundle: Bundle;
    beforeAll(async () => { bundle = await ownBundle('collector'); }, 180_000);
    afterAll(() => bundle?.remove());
    campaignOn('servers', (feed) => subjectOnServers(bundle, feed));
  })));

  const chdb = { name: 'chDB', missing: hasChdb() ? undefined : 'chDB has no library for this platform', howToGet: 'It runs on Linux and macOS.', prepare: async () => undefined };
  if (isChosen('embedded')) describe('on embedded stores', () => describeWith(chdb, 'in one process', () => {
    let bundle: Bundle;
    beforeAll(async () => { bundle = await ownBundle('standalone'); }, 180_000);
    afterAll(() => bundle?.remove());
    campaignOn('embedded', (feed) => subjectOnEmbeddedStores(bundle, feed));
  }));
});
