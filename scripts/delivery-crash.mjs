// `npm run test:delivery-crash -- [--kills N] [--stores embedded|postgres|both] [--seed S] [--json]`: kills a process at random moments
// while it tells a webhook of incidents, and compares what arrived with what was to be told. Exit 0: all of it did, in order and under one id each.
// 1: not all. 2: it could not be run, so that nothing can be said. `--kills` are those on each store. With --json the last line has the figures.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const STORES = { embedded: ['embedded'], postgres: ['postgres'], both: ['embedded', 'postgres'] };
const COULD_NOT_RUN = 2;

function readArguments() {
  try {
    const { values } = parseArgs({ options: {
      kills: { type: 'string', default: '10' }, stores: { type: 'string', default: 'both' }, seed: { type: 'string' }, json: { type: 'boolean', default: false },
    } });
    const kills = Number(values.kills);
    if (!Number.isInteger(kills) || kills < 1) throw new Error('--kills takes a whole number from 1');
    if (!Object.hasOwn(STORES, values.stores)) throw new Error('--stores takes embedded, postgres or both');
    return { ...values, kills, seed: values.seed || randomBytes(4).toString('hex') };
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exit(COULD_NOT_RUN);
  }
}

const { kills, stores, seed, json } = readArguments();
const directory = mkdtempSync(join(tmpdir(), 'keytrail-delivery-crash-'));
const report = join(directory, 'report.ndjson');
spawnSync(process.execPath, [fileURLToPath(new URL('test.mjs', import.meta.url)), 'test/faults/delivery-crash.spec.ts'], {
  stdio: ['ignore', json ? 2 : 'inherit', 'inherit'],
  env: { ...process.env, CI: 'true', KEYTRAIL_CRASH_KILLS: String(kills), KEYTRAIL_CRASH_STORES: stores, KEYTRAIL_CRASH_SEED: seed, KEYTRAIL_CRASH_REPORT: report },
});
const parts = readReport();
rmSync(directory, { recursive: true, force: true });

const isWhole = STORES[stores].every((name) => parts.some((part) => part.stores === name && part.kills === kills));
const found = parts.flatMap(({ violations }) => violations);
const code = found.length > 0 ? 1 : isWhole ? 0 : COULD_NOT_RUN;
process.stderr.write(`${['all was told once', 'something was lost, doubled or out of order', 'could not run'][code]} (--seed ${seed})\n${found.map((line) => `${line}\n`).join('')}`);
if (json && parts.length > 0) process.stdout.write(`${JSON.stringify({ seed, violations: found.length, parts })}\n`);
process.exit(code);

function readReport() {
  try {
    return readFileSync(report, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
  } catch {
    return [];
  }
}
