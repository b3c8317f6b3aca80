// A server's process with a bounded tail of what it printed, so that a failed start can say why.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const TAIL_CHARS = 4_000;
const SETPRIV = '/usr/bin/setpriv';

const unsettled = new Set(); // processes of a start that is still under way
let aborted = false;

/** Ends every start that is under way: they fail as if their process had ended. No further one begins. */
export function abortStarts() {
  aborted = true;
  for (const child of unsettled) child.kill('SIGKILL');
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 */
export function ownProcess(command, args, options = {}) {
  if (aborted) throw new Error('the test run is over');
  // On Linux the kernel ends the server even when its owner is killed with SIGKILL.
  const [file, argv] = process.platform === 'linux' && existsSync(SETPRIV)
    ? [SETPRIV, ['--pdeathsig', 'KILL', '--', command, ...args]]
    : [command, args];
  const child = spawn(file, argv, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  unsettled.add(child);
  let output = '';
  const keepTail = (chunk) => { output = (output + chunk).slice(-TAIL_CHARS); };
  child.stdout?.on('data', keepTail);
  child.stderr?.on('data', keepTail);
  child.on('error', (error) => keepTail(`${error.message}\n`));
  const exited = Promise.race([once(child, 'exit'), once(child, 'error')]).then(() => undefined, () => undefined);
  void exited.then(() => unsettled.delete(child));
  const isRunning = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null;

  return {
    child,
    exited,
    isRunning,
    output: () => output.trim(),
    /** Sends SIGTERM, then SIGKILL after `graceMs`; resolves when the process is gone. */
    async end(graceMs = 0) {
      if (!isRunning()) return;
      if (graceMs > 0) {
        child.kill('SIGTERM');
        await Promise.race([exited, delay(graceMs, undefined, { ref: false })]);
      }
      if (isRunning()) child.kill('SIGKILL');
      await exited;
    },
  };
}

/**
 * Polls `ask` until it stops throwing. Fails at once when the process ends, and after `timeoutMs` in any case.
 * @param {ReturnType<typeof ownProcess>} server
 * @param {{ what: string, timeoutMs: number }} options
 * @param {() => Promise<unknown>} ask
 */
export async function untilItAnswers(server, { what, timeoutMs }, ask) {
  const deadline = performance.now() + timeoutMs;
  let last;
  while (server.isRunning() && performance.now() < deadline) {
    try {
      await ask();
      unsettled.delete(server.child);
      return;
    } catch (error) {
      last = error;
      await Promise.race([server.exited, delay(50)]);
    }
  }
  const why = server.isRunning() ? `did not answer within ${timeoutMs} ms (${last?.message ?? 'no error'})` : 'ended while starting';
  await server.end();
  throw new Error(`${what} ${why}. It printed:\n${server.output() || '(nothing)'}`);
}

/**
 * Runs a command to its end.
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 */
export async function runToEnd(command, args, options = {}) {
  const run = ownProcess(command, args, options);
  await run.exited;
  if (run.child.exitCode !== 0) {
    throw new Error(`${command} ${args[0] ?? ''} failed (exit ${run.child.exitCode ?? run.child.signalCode}):\n${run.output()}`);
  }
}
