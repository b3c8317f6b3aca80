// `npm run test:faults -- [--kills N] [--json]`: hurts collectors on real servers at random moments and compares what is stored with what was
// produced. Exit 0: all agrees, and a control without deduplication was found out. 1: it does not agree. 2: it could not be run.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { kills: { type: 'string', default: '9' }, json: { type: 'boolean', default: false } } });
const kills = Number(values.kills);
if (!Number.isInteger(kills) || kills < 1) {
  process.stderr.write('--kills takes a whole number from 1\n');
  process.exit(2);
}
const directory = mkdtempSync(join(tmpdir(), 'keytrail-faults-'));
const report = join(directory, 'report.json');
const { status } = spawnSync(process.execPath, [fileURLToPath(new URL('test.mjs', import.meta.url)), 'test/faults'], {
  stdio: ['ignore', values.json ? 2 : 'inherit', 'inherit'],
  env: { ...process.env, CI: 'true', KEYTRAIL_FAULTS: '1', KEYTRAIL_FAULT_KILLS: String(kills), KEYTRAIL_FAULT_REPORT: report },
});
let outcome;
try {
  outcome = JSON.parse(readFileSync(report, 'utf8'));
} catch {
  outcome = undefined;
}
rmSync(directory, { recursive: true, force: true });
if (outcome?.control_failed === undefined || outcome.rows === undefined) {
  process.stderr.write('could not run: see above what went wrong before anything was compared\n');
  process.exit(2);
}
if (values.json) process.stdout.write(`${JSON.stringify(outcome)}\n`);
process.exit(status === 0 ? 0 : 1);
