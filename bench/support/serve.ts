import { spawn, spawnSync, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { AppLogger, readSettings } from '@keytrail/platform';
import { StandaloneSettings } from '../../apps/standalone/settings.js';
import { startStandalone } from '../../apps/standalone/start.js';

/** Keytrail whole, in a process of its own, as `npm start` runs it. */
export interface Served {
  url: string;
  /** The administrator's. */
  token: string;
  /** Whether it was held to one core. */
  pinned: boolean;
  stop(): Promise<void>;
}

/** Told to the child in its environment, as JSON. */
const FURTHER_SETTINGS = 'BENCH_SETTINGS';

/** The child's part: serves until its input ends. */
export async function serve(directory: string, postgres: string): Promise<void> {
  const token = `bench-${randomBytes(16).toString('hex')}`;
  const settings = readSettings(StandaloneSettings, {
    KEYTRAIL_PORT: '0', KEYTRAIL_DATA_DIR: directory, KEYTRAIL_ADMIN_TOKEN: token, ...(postgres !== '' && { KEYTRAIL_POSTGRES_URL: postgres }),
    ...JSON.parse(process.env[FURTHER_SETTINGS] ?? '{}') as Record<string, string>,
  });
  const standalone = await startStandalone(settings, { logger: new AppLogger({ json: false, quiet: true }), version: 'bench' });
  process.stdout.write(`${JSON.stringify({ url: standalone.url, token })}\n`);
  process.stdin.resume();
  await once(process.stdin, 'end');
  await standalone.stop();
  process.exit(0);
}

const CORES = { keytrail: '0', other: '1' } as const;
const canPin = spawnSync('taskset', ['-c', CORES.other, 'true']).status === 0;

/** As scripts/start.mjs has it. */
const ON_ONE_CORE = ['--single-threaded-gc'];

/** A command and its arguments, held to the core that Keytrail has or to another, where the system can do that. */
export const pinned = (core: keyof typeof CORES, command: readonly string[]): string[] => (canPin ? ['taskset', '-c', CORES[core], ...command] : [...command]);

/** Moves a process that runs, with all its threads, off the core that Keytrail has. */
export const moveAside = (pid: number): boolean => canPin && spawnSync('taskset', ['-acp', CORES.other, String(pid)]).status === 0;

/** Starts it on one core and moves this process to another, where the system can do that. */
export async function startServer(bench: string, postgres: string, settings: Readonly<Record<string, string>> = {}): Promise<Served> {
  moveAside(process.pid);
  const directory = mkdtempSync(join(tmpdir(), 'keytrail-bench-'));
  const [command, ...args] = pinned('keytrail', [process.execPath, ...(canPin ? ON_ONE_CORE : []), '--enable-source-maps', process.argv[1]!, bench, '--serve', directory, '--postgres', postgres]);
  const given: SpawnOptions = { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, [FURTHER_SETTINGS]: JSON.stringify(settings) } };
  const child: ChildProcess = spawn(command!, args, given);
  const ended = once(child, 'exit');
  const told = await Promise.race([once(createInterface({ input: child.stdout! }), 'line'), ended.then(() => undefined)]);
  if (told === undefined) throw new Error('Keytrail ended while it started');
  return {
    ...JSON.parse(String(told[0])) as { url: string; token: string }, pinned: canPin,
    async stop() {
      child.stdin?.end();
      await ended;
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Calls the API. Throws for anything but a 2xx. */
export async function callApi<T>({ url, token }: Pick<Served, 'url' | 'token'>, path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST'): Promise<T> {
  const response = await fetch(`${url}${path}`, {
    method, headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** The value below which a share of the values lies; values in order. */
export const quantile = (ordered: ArrayLike<number>, share: number): number => ordered[Math.min(ordered.length - 1, Math.ceil(ordered.length * share) - 1)] ?? Number.NaN;
