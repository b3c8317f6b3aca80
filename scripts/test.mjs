// The `npm test` entry: runs jest and prints, as its last line, `N passed, N failed, N skipped`. Arguments go to jest: npm test -- libs/detection
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const dir = await mkdtemp(join(tmpdir(), 'keytrail-jest-'));
// On the command line, not in NODE_OPTIONS: jest's workers inherit them, processes that tests start do not.
const nodeOptions = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const resultFile = join(dir, 'result.json');

try {
  const child = spawn(process.execPath, [...nodeOptions, jest, '--json', `--outputFile=${resultFile}`, ...process.argv.slice(2)], {
    stdio: ['inherit', 'ignore', 'inherit'], // with --json, jest's report goes to stderr and only the JSON to stdout
    env: { ...process.env, UV_THREADPOOL_SIZE: '16' }, // chDB queries run on libuv's threads and starve file reads on the default four
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  const [code] = await once(child, 'exit');
  const counts = count(await readFile(resultFile, 'utf8').then(JSON.parse, () => undefined));
  const ranNothing = counts.passed + counts.failed === 0;
  if (ranNothing) console.error('No test ran.');
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  process.exitCode = code || (counts.failed > 0 || ranNothing ? 1 : 0);
} finally {
  await rm(dir, { recursive: true, force: true });
}

/** A suite that does not even run has no tests to count: it counts as one failure. Without any result, so does the run. */
function count(result) {
  if (!result) return { passed: 0, failed: 1, skipped: 0 };
  const suitesThatDidNotRun = result.testResults.filter((suite) => suite.status === 'failed' && !suite.assertionResults.some((test) => test.status === 'failed')).length;
  return {
    passed: result.numPassedTests,
    failed: result.numFailedTests + suitesThatDidNotRun,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}
