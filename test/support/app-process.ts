import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { placeEmbeddedPostgres } from './postgres-template.js';
import { waitFor } from './wait-for.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const SETPRIV = '/usr/bin/setpriv';

/** How a process ended. */
export interface Ended {
  code: number | null;
  /** All that it printed. */
  output: string;
}

/** An app as a process of its own, from its built bundle, listening. */
export interface AppProcess {
  url: string;
  /** What it printed so far. */
  output(): string;
  /** Sends a signal, SIGTERM unless told otherwise, and waits for the end. */
  stop(signal?: 'SIGTERM' | 'SIGINT'): Promise<Ended & { milliseconds: number }>;
  /** Ends it without warning, if it still runs. */
  kill(): Promise<void>;
}

/** Builds standalone and the command unless they are built, as `npm start` does. */
export async function buildStandalone(): Promise<void> {
  await alone(async () => {
    const { code, output } = await launch(['scripts/start.mjs', '--check-config'], {}).ended;
    if (code !== 0) throw new Error(`The build failed (exit ${code}):\n${output}`);
  });
}

/** Builds apps into `dist`, as `npm run build` does. */
export async function buildApps(...apps: string[]): Promise<void> {
  await buildAppsAlone(apps);
}

/** The same, unless `unless` says that it is not needed; `then` is done before another suite may build. */
export async function buildAppsAlone(apps: string[], also: { unless?: () => Promise<boolean>; then?: () => Promise<void> } = {}): Promise<void> {
  await alone(async () => {
    if (!await also.unless?.()) {
      const build = launch(['node_modules/@nestjs/cli/bin/nest.js', 'build', ...apps], process.env as Record<string, string>);
      const { code, output } = await build.ended;
      if (code !== 0) throw new Error(`The build of ${apps.join(', ')} failed (exit ${code}):\n${output}`);
    }
    await also.then?.();
  });
}

/** One suite at a time: they write the same files. */
async function alone(work: () => Promise<void>): Promise<void> {
  const lock = join(root, 'dist', '.building');
  await mkdir(join(root, 'dist'), { recursive: true });
  await waitFor(() => takeLock(lock), { what: `another suite to finish its build (${lock})`, timeoutMs: 120_000, intervalMs: 100 });
  try {
    await work();
  } finally {
    await rm(lock, { force: true });
  }
}

/** Whether the lock is ours now. One whose process is gone is removed, and can be had at the next look. */
async function takeLock(path: string): Promise<boolean> {
  try {
    await writeFile(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    const holder = Number(await readFile(path, 'utf8').catch(() => ''));
    if (holder > 0 && !isAlive(holder)) await rm(path, { force: true });
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A script of the repository as a process. */
export interface ScriptProcess {
  ended: Promise<Ended>;
  stop(signal?: 'SIGTERM' | 'SIGINT'): Promise<Ended>;
  kill(): Promise<void>;
}

/** Starts a script of the repository, such as `dist/apps/cli/main.js`. It knows no settings but those in `env`. */
export function startScript(env: Record<string, string>, ...args: string[]): ScriptProcess {
  const { child, ended } = launch(args, env);
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    return ended;
  };
  return {
    ended,
    stop: (signal = 'SIGTERM') => end(signal),
    async kill() {
      await end('SIGKILL');
    },
  };
}

/** Runs a script of the repository to its end, such as `scripts/start.mjs`. */
export async function runScript(env: Record<string, string>, ...args: string[]): Promise<Ended> {
  return startScript(env, ...args).ended;
}

/** Runs an app to its end. It knows no settings but those in `env`. */
export async function runApp(app: string, env: Record<string, string>, ...args: string[]): Promise<Ended> {
  return launch([`dist/apps/${app}/main.js`, ...args], env).ended;
}

/** Starts an app on a free port and waits until it listens. It knows no settings but those in `env`. */
export async function startAppProcess(app: string, env: Record<string, string>): Promise<AppProcess> {
  if (env['KEYTRAIL_DATA_DIR'] !== undefined && env['KEYTRAIL_POSTGRES_URL'] === undefined) await placeEmbeddedPostgres(env['KEYTRAIL_DATA_DIR']);
  const { child, output, ended } = launch(['--enable-source-maps', `dist/apps/${app}/main.js`], { KEYTRAIL_PORT: '0', ...env });
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  const urlOf = () => /(?:listening on|Keytrail is up at) (http:\/\/[\w.:]+)/.exec(output())?.[1];
  try {
    await waitFor(() => child.exitCode !== null || urlOf(), { what: `the ${app} to listen`, timeoutMs: 60_000 });
    const url = urlOf();
    if (url === undefined) throw new Error(`The ${app} ended while starting (exit ${child.exitCode})`);
    return {
      url, output, kill,
      async stop(signal = 'SIGTERM') {
        const asked = performance.now();
        child.kill(signal);
        return { ...await ended, milliseconds: performance.now() - asked };
      },
    };
  } catch (error) {
    await kill();
    throw new Error(`${(error as Error).message}. It printed:\n${output()}`, { cause: error });
  }
}

function launch(args: string[], env: Record<string, string | undefined>): { child: ChildProcess; output(): string; ended: Promise<Ended> } {
  // On Linux the kernel ends the process even when the test run is killed.
  const [file, argv] = existsSync(SETPRIV) ? [SETPRIV, ['--pdeathsig', 'KILL', '--', process.execPath, ...args]] : [process.execPath, args];
  const child = spawn(file, argv, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH, ...env } });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output: printed }));
  return { child, output: () => printed, ended };
}
