import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith } from '../support/describe-with.js';
import { hasChdb } from '../support/find-programs.js';
import { createPostgresDatabase, describeWithPostgres, type PostgresDatabase } from '../support/postgres.js';
import { ownBundle, type Bundle } from './bundle.js';
import { crashDeliveries, type DeliveryCrashResult } from './delivery-crash.js';
import { randomOf } from './plan.js';

// `npm test` kills a few times; `npm run test:delivery-crash` says how often and on which stores.
const { KEYTRAIL_CRASH_KILLS: kills = '4', KEYTRAIL_CRASH_STORES: chosen = 'both', KEYTRAIL_CRASH_REPORT: reportFile } = process.env;
const seed = process.env.KEYTRAIL_CRASH_SEED ?? randomBytes(4).toString('hex');
const count = Number(kills);
const chdb = { name: 'chDB', missing: hasChdb() ? undefined : 'chDB has no library for this platform', howToGet: 'It runs on Linux and macOS.', prepare: async () => undefined };
const limitMs = 240_000 + count * 40_000;

/** Long campaigns say how far they are. */
const tell = (stores: string) => ({ kills: done, in_mid_delivery }: DeliveryCrashResult): void => {
  if (done % 10 === 0) process.stderr.write(`${stores}: ${done} of ${count} kills, ${in_mid_delivery} in the middle of a delivery\n`);
};

function check(stores: string, result: DeliveryCrashResult): void {
  if (reportFile) appendFileSync(reportFile, `${JSON.stringify({ stores, ...result })}\n`);
  expect(result.violations).toEqual([]);
  expect(result.kills).toBe(count);
  expect(result.notifications).toBeGreaterThan(0);
}

describeWith(chdb, 'a process that is killed while it sends alerts, with the embedded stores', () => {
  let bundle: Bundle;
  beforeAll(async () => {
    process.stderr.write(`delivery crash: --seed ${seed}\n`);
    bundle = await ownBundle('standalone');
  }, 300_000);
  afterAll(() => bundle?.remove());

  (chosen === 'postgres' ? it.skip : it)('tells every change of an incident, in order, each under one id', async () => {
    check('embedded', await crashDeliveries(bundle, {}, count, randomOf(`${seed} embedded`), tell('embedded')));
  }, limitMs);
});

describeWithPostgres('a process that is killed while it sends alerts, on a Postgres server', () => {
  let bundle: Bundle;
  let postgres: PostgresDatabase;
  beforeAll(async () => {
    postgres = await createPostgresDatabase();
    bundle = await ownBundle('standalone');
  }, 300_000);
  afterAll(async () => {
    await bundle?.remove();
    await postgres?.drop();
  });

  (chosen === 'embedded' ? it.skip : it)('tells every change of an incident, in order, each under one id', async () => {
    check('postgres', await crashDeliveries(bundle, { KEYTRAIL_POSTGRES_URL: postgres.url }, count, randomOf(`${seed} postgres`), tell('postgres')));
  }, limitMs);
});
