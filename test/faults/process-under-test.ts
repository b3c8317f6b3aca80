import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const SETPRIV = '/usr/bin/setpriv';

/** An app that is ended, stopped and started again. It ends with the test run in any case. */
export class ProcessUnderTest {
  private child: ChildProcess | undefined;
  private printed = '';

  /** @param bundle the directory of the built app */
  constructor(private readonly bundle: string, private readonly env: Record<string, string>) {}

  start(): void {
    const args = [join(this.bundle, 'main.js')];
    const [file, argv] = existsSync(SETPRIV) ? [SETPRIV, ['--pdeathsig', 'KILL', '--', process.execPath, ...args]] : [process.execPath, args];
    this.printed = '';
    this.child = spawn(file, argv, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH, KEYTRAIL_PORT: '0', UV_THREADPOOL_SIZE: '8', ...this.env } });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.printed = (this.printed + text).slice(-20_000);
      });
    }
  }

  /** The last of what it printed since it was started. */
  output(): string {
    return this.printed;
  }

  signal(name: NodeJS.Signals): void {
    this.child?.kill(name);
  }

  /** Sends a signal that ends it and waits for the end. */
  async end(name: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(name);
    await ended;
  }
}
