import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith } from '../support/describe-with.js';
import { hasChdb } from '../support/find-programs.js';
import { createPostgresDatabase, describeWithPostgres, type PostgresDatabase } from '../support/postgres.js';
import { ownBundle, type Bundle } from './bundle.js';
import { randomOf, type Random } from './plan.js';

/** A process that is killed again and again, and what must hold whenever it was. */
export interface CrashSuite<Result extends { kills: number; violations: string[] }> {
  /** For the line with the seed. */
  name: string;
  /** `a process that is killed while it …` */
  while: string;
  /** What must hold. */
  guarantee: string;
  /** Kills on each store unless KEYTRAIL_CRASH_KILLS says so. */
  kills: string;
  /** Beside 40 s for each kill. */
  limitMs: number;
  crash(bundle: Bundle, env: Record<string, string>, kills: number, random: Random, onKill: (result: Result) => void): Promise<Result>;
  /** How far it is, in words, after a kill; and how many kills that were. */
  progress(result: Result): { done: number; found: string };
  /** Further expectations of the outcome. */
  check?(result: Result): void;
}

const chdb = { name: 'chDB', missing: hasChdb() ? undefined : 'chDB has no library for this platform', howToGet: 'It runs on Linux and macOS.', prepare: async () => undefined };

/** `npm test` kills a few times; the campaign's own command says how often and on which stores. */
export function describeCrashes<Result extends { kills: number; violations: string[] }>(suite: CrashSuite<Result>): void {
  const { KEYTRAIL_CRASH_KILLS: kills = suite.kills, KEYTRAIL_CRASH_STORES: chosen = 'both', KEYTRAIL_CRASH_REPORT: reportFile } = process.env;
  const seed = process.env.KEYTRAIL_CRASH_SEED ?? randomBytes(4).toString('hex');
  const count = Number(kills);
  const limitMs = suite.limitMs + count * 40_000;

  const crashOn = async (stores: string, bundle: Bundle, env: Record<string, string>) => {
    const result = await suite.crash(bundle, env, count, randomOf(`${seed} ${stores}`), (soFar) => {
      // Long campaigns say how far they are.
      const { done, found } = suite.progress(soFar);
      if (done % 10 === 0) process.stderr.write(`${stores}: ${done} of ${count} kills, ${found}\n`);
    });
    if (reportFile) appendFileSync(reportFile, `${JSON.stringify({ stores, ...result })}\n`);
    expect(result.violations).toEqual([]);
    expect(result.kills).toBe(count);
    suite.check?.(result);
  };

  describeWith(chdb, `a process that is killed while it ${suite.while}, with the embedded stores`, () => {
    let bundle: Bundle;
    beforeAll(async () => {
      process.stderr.write(`${suite.name}: --seed ${seed}\n`);
      bundle = await ownBundle('standalone');
    }, 300_000);
    afterAll(() => bundle?.remove());

    (chosen === 'postgres' ? it.skip : it)(suite.guarantee, () => crashOn('embedded', bundle, {}), limitMs);
  });

  describeWithPostgres(`a process that is killed while it ${suite.while}, on a Postgres server`, () => {
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

    (chosen === 'embedded' ? it.skip : it)(suite.guarantee, () => crashOn('postgres', bundle, { KEYTRAIL_POSTGRES_URL: postgres.url }), limitMs);
  });
}
