// What the campaigns that kill Keytrail share: their arguments, the spec that they run, and the report that it writes.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { COULD_NOT_RUN } from './fault-verdict.mjs';

/** `--kills`, `--stores` (a name of `stores`), `--seed`, `--json`; with what is wrong with them it exits as one that could not be run. `check` may throw, too. */
export function readArguments({ stores, kills: usualKills, usualStores, check = () => undefined }) {
  try {
    const { values } = parseArgs({ options: {
      kills: { type: 'string', default: usualKills }, stores: { type: 'string', default: usualStores }, seed: { type: 'string' }, json: { type: 'boolean', default: false },
    } });
    const kills = Number(values.kills);
    if (!Number.isInteger(kills) || kills < 1) throw new Error('--kills takes a whole number from 1');
    const names = Object.keys(stores);
    if (!Object.hasOwn(stores, values.stores)) throw new Error(`--stores takes ${names.slice(0, -1).join(', ')} or ${names.at(-1)}`);
    check(values);
    return { ...values, kills, seed: values.seed || randomBytes(4).toString('hex') };
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exit(COULD_NOT_RUN);
  }
}

/** Runs a spec, told how by variables that begin with `prefix`. Returns its exit status and the lines of its report. */
export function runCampaign({ spec, prefix }, { kills, stores, seed, json }) {
  const directory = mkdtempSync(join(tmpdir(), 'keytrail-campaign-'));
  const report = join(directory, 'report.ndjson');
  try {
    const { status } = spawnSync(process.execPath, [fileURLToPath(new URL('test.mjs', import.meta.url)), spec], {
      stdio: ['ignore', json ? 2 : 'inherit', 'inherit'],
      env: { ...process.env, CI: 'true', [`${prefix}_KILLS`]: String(kills), [`${prefix}_STORES`]: stores, [`${prefix}_SEED`]: seed, [`${prefix}_REPORT`]: report },
    });
    return { status, parts: readReport(report) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function readReport(report) {
  try {
    return readFileSync(report, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
  } catch {
    return [];
  }
}

const STORES = { embedded: ['embedded'], postgres: ['postgres'], both: ['embedded', 'postgres'] };

/** A campaign on each store, which must make all its kills there and find nothing: says how it ended in one of three `words`, and exits with 0, 1 or 2. */
export function runCrashCampaign({ spec, words }) {
  const asked = readArguments({ stores: STORES, kills: '10', usualStores: 'both' });
  const { parts } = runCampaign({ spec, prefix: 'KEYTRAIL_CRASH' }, asked);
  const isWhole = STORES[asked.stores].every((name) => parts.some((part) => part.stores === name && part.kills === asked.kills));
  const found = parts.flatMap(({ violations }) => violations);
  const code = found.length > 0 ? 1 : isWhole ? 0 : COULD_NOT_RUN;
  process.stderr.write(`${words[code]} (--seed ${asked.seed})\n${found.map((line) => `${line}\n`).join('')}`);
  if (asked.json && parts.length > 0) process.stdout.write(`${JSON.stringify({ seed: asked.seed, violations: found.length, parts })}\n`);
  process.exit(code);
}
