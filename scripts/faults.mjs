// `npm run test:faults -- [--kills N] [--stores servers|embedded|both] [--seed S] [--json]`: hurts collectors at random moments and compares
// what is stored with what was produced. Exit 0: all agrees, and a control without deduplication was found out. 1: it does not agree.
// 2: it could not be run, so that nothing can be said. With --json the last line is the outcome, unless nothing was compared.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { COULD_NOT_RUN, MISMATCH, verdictOf } from './fault-verdict.mjs';

const STORES = { servers: ['servers'], embedded: ['embedded'], both: ['servers', 'embedded'] };

function readArguments() {
  try {
    const { values } = parseArgs({ options: {
      kills: { type: 'string', default: '9' }, stores: { type: 'string', default: 'servers' }, seed: { type: 'string' }, json: { type: 'boolean', default: false },
    } });
    const kills = Number(values.kills);
    if (!Number.isInteger(kills) || kills < 1) throw new Error('--kills takes a whole number from 1');
    if (!Object.hasOwn(STORES, values.stores)) throw new Error('--stores takes servers, embedded or both');
    if (values.seed === '') throw new Error('--seed takes a text');
    return { ...values, kills, seed: values.seed ?? randomBytes(4).toString('hex') };
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exit(COULD_NOT_RUN);
  }
}

const { kills, stores, seed, json } = readArguments();
const directory = mkdtempSync(join(tmpdir(), 'keytrail-faults-'));
const report = join(directory, 'report.ndjson');
const { status } = spawnSync(process.execPath, [fileURLToPath(new URL('test.mjs', import.meta.url)), 'test/faults/faults.spec.ts'], {
  stdio: ['ignore', json ? 2 : 'inherit', 'inherit'],
  env: {
    ...process.env, CI: 'true', KEYTRAIL_FAULT_KILLS: String(kills), KEYTRAIL_FAULT_STORES: stores, KEYTRAIL_FAULT_SEED: seed, KEYTRAIL_FAULT_REPORT: report,
  },
});
const { code, outcome, reasons } = verdictOf(readReport(), { stores: STORES[stores], finished: status === 0 });
rmSync(directory, { recursive: true, force: true });

process.stderr.write(`${code === MISMATCH ? 'mismatch' : code === COULD_NOT_RUN ? 'could not run' : 'all agrees'} (--seed ${seed})\n${reasons.map((reason) => `${reason}\n`).join('')}`);
if (json && outcome !== undefined) process.stdout.write(`${JSON.stringify(outcome)}\n`);
process.exit(code);

function readReport() {
  try {
    return readFileSync(report, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
  } catch {
    return [];
  }
}
