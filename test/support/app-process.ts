import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
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
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<Ended & { milliseconds: number }>;
  /** Ends it without warning, if it still runs. */
  kill(): Promise<void>;
}

/** Builds apps into `dist`, as `npm run build` does. */
export async function buildApps(...apps: string[]): Promise<void> {
  const build = launch(['node_modules/@nestjs/cli/bin/nest.js', 'build', ...apps], process.env as Record<string, string>);
  const { code, output } = await build.ended;
  if (code !== 0) throw new Error(`The build of ${apps.join(', ')} failed (exit ${code}):\n${output}`);
}

/** Runs an app to its end. It knows no settings but those in `env`. */
export async function runApp(app: string, env: Record<string, string>, ...args: string[]): Promise<Ended> {
  return launch([`dist/apps/${app}/main.js`, ...args], env).ended;
}

/** Starts an app on a free port and waits until it listens. It knows no settings but those in `env`. */
export async function startAppProcess(app: string, env: Record<string, string>): Promise<AppProcess> {
  const { child, output, ended } = launch(['--enable-source-maps', `dist/apps/${app}/main.js`], { KEYTRAIL_PORT: '0', ...env });
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  const urlOf = () => /listening on (http:\/\/[\w.:]+)/.exec(output())?.[1];
  try {
    await waitFor(() => child.exitCode !== null || urlOf(), { what: `the ${app} to listen`, timeoutMs: 60_000 });
    const url = urlOf();
    if (url === undefined) throw new Error(`The ${app} ended while starting (exit ${child.exitCode})`);
    return {
      url, output, kill,
      async stop() {
        const asked = performance.now();
        child.kill('SIGTERM');
        return { ...await ended, milliseconds: performance.now() - asked };
      },
    };
  } catch (error) {
    await kill();
    throw new Error(`${(error as Error).message}. It printed:\n${output()}`, { cause: error });
  }
}

function launch(args: string[], env: Record<string, string>): { child: ChildProcess; output(): string; ended: Promise<Ended> } {
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
