import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { IntakeResult, RequestLogPage } from '@keytrail/contracts';
import { buildStandalone, runApp, runScript, startAppProcess, type AppProcess } from '../support/app-process.js';
import { findOnPath } from '../support/find-programs.js';
import { nativeLine, ndjson, newName } from '../support/request-lines.js';
import { createTempDir, type TempDir } from '../support/temp-dir.js';
import { waitFor } from '../support/wait-for.js';

const STOP_WITHIN_MS = 10_000;
const rule = '-'.repeat(78);

let directory: TempDir;
const running: AppProcess[] = [];
beforeAll(() => buildStandalone(), 180_000);
beforeEach(async () => {
  directory = await createTempDir();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((app) => app.kill()));
  await directory.remove();
});

const settings = (env: Record<string, string> = {}) => ({ KEYTRAIL_DATA_DIR: directory.path, KEYTRAIL_PORT: '0', UV_THREADPOOL_SIZE: '16', ...env });
async function start(env: Record<string, string> = {}): Promise<AppProcess> {
  const app = await startAppProcess('standalone', settings(env));
  running.push(app);
  return app;
}
const printedToken = (app: AppProcess) => /KEYTRAIL_TOKEN=(kt_access_\w+)/.exec(app.output())?.[1];
async function ask<T>(app: AppProcess, token: string, path: string, body?: string) {
  const response = await fetch(`${app.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' }, ...(body !== undefined && { body }),
  });
  return { status: response.status, body: (await response.json()) as T };
}
const lockOf = () => readFileSync(join(directory.path, 'keytrail.lock'), 'utf8');

describe('npm start', () => {
  it('--check-config says that settings can be used, exits with 0 and makes nothing', async () => {
    expect(await runScript(settings({ KEYTRAIL_DATA_DIR: join(directory.path, 'data') }), 'scripts/start.mjs', '--check-config'))
      .toEqual({ code: 0, output: 'The settings can be used.\n' });
    expect(existsSync(join(directory.path, 'data'))).toBe(false);
  });

  it('lists all settings that cannot be used, repeats no value, exits with 2 and makes nothing', async () => {
    const bad = {
      KEYTRAIL_PORT: '99999', KEYTRAIL_ADMIN_TOKEN: 'hush-hush', KEYTRAIL_MASTER_KEY: 'c2VjcmV0', KEYTRAIL_CLICKHOUSE_URL: 'ftp://hush@host', KEYTRAIL_POSTGRES_URL: 'hush',
      KEYTRAIL_KAFKA_BROKERS: ' , ', KEYTRAIL_KAFKA_TOPICS: 'hush hush', KEYTRAIL_DATA_DIR: join(directory.path, 'data'),
    };
    for (const args of [['--check-config'], []]) {
      const { code, output } = await runApp('standalone', bad, ...args);
      const named = output.split('\n').filter((line) => line.startsWith('  ')).map((line) => line.trim().split(':')[0]);
      expect({ code, named: named.sort() }).toEqual({ code: 2, named: Object.keys(bad).filter((name) => name !== 'KEYTRAIL_DATA_DIR').sort() });
      expect(output).not.toMatch(/hush|99999|c2VjcmV0/);
    }
    expect(existsSync(bad.KEYTRAIL_DATA_DIR)).toBe(false);
  });

  it('takes no flag that it does not know, says which it knows, exits with 2 and makes nothing', async () => {
    const data = join(directory.path, 'data');
    for (const args of [['--dmeo'], ['--check-config', 'x']]) {
      const { code, output } = await runApp('standalone', settings({ KEYTRAIL_DATA_DIR: data }), ...args);
      expect({ code, output }).toEqual({ code: 2, output: `Not known on the command line: ${args.at(-1)}. Known: --check-config, --demo.\n` });
    }
    expect(existsSync(data)).toBe(false);
  });

  it('does not start with another master key: one clear line, exit code 2', async () => {
    await (await start()).stop();
    const { code, output } = await runApp('standalone', settings({ KEYTRAIL_MASTER_KEY: randomBytes(32).toString('base64') }));
    expect({ code, output }).toEqual({ code: 2, output: expect.stringMatching(/^Settings that cannot be used:\n {2}KEYTRAIL_MASTER_KEY: this is not the master key .+\n$/) });
  });

  it('says what is wrong when the port is taken, without a stack, and lets go of the data directory', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    const { port } = await new Promise<{ port: number }>((resolve) => taken.once('listening', () => resolve(taken.address() as { port: number })));
    try {
      const { code, output } = await runApp('standalone', settings({ KEYTRAIL_PORT: String(port) }));
      expect(code).toBe(2);
      expect(output).toMatch(new RegExp(`^Settings that cannot be used:\\n.* port ${port}: another process listens there\\n$`));
      expect(output).not.toMatch(/^\s+at /m);
      expect(existsSync(join(directory.path, 'keytrail.lock'))).toBe(false);
    } finally {
      taken.close();
    }
  });

  it('prints one block: address, how to sign in, and a first log line that works as it stands', async () => {
    const app = await start();
    expect(new URL(app.url).hostname).toBe('127.0.0.1');
    const block = app.output().split(rule)[1]!;
    expect(app.output().split(rule)).toHaveLength(3);
    expect(block).toContain(`Keytrail is up at ${app.url}`);
    const token = printedToken(app)!;
    expect(block).toContain(`export KEYTRAIL_TOKEN=${token}`);
    expect((await ask(app, token, '/v1/request-logs')).status).toBe(200);
    if (findOnPath('curl') === undefined || findOnPath('bash') === undefined) return;
    const commands = block.split('\n').filter((line) => line.startsWith('  export') || line.startsWith('  curl') || line.startsWith('    -')).join('\n');
    const typed = spawnSync('bash', ['-e', '-c', commands], { encoding: 'utf8', env: { PATH: process.env.PATH } });
    expect(typed.status).toBe(0);
    expect(typed.stdout).toContain('"stored":1');
    expect(typed.stdout).toContain('"request_id":"r1"');
  });

  it('shows the admin token once: it works after a restart, is printed no more and stands nowhere in the data directory', async () => {
    const first = await start();
    const token = printedToken(first)!;
    expect(await first.stop()).toMatchObject({ code: 0 });
    const second = await start();
    expect(printedToken(second)).toBeUndefined();
    expect(second.output()).not.toContain(token);
    expect(second.output()).toContain('the admin token shown at the first start');
    expect((await ask(second, token, '/v1/workspaces')).status).toBe(200);
    await second.stop();
    expect(spawnSync('grep', ['-rlF', token, directory.path], { encoding: 'utf8' }).stdout).toBe('');
  });

  it('logs no secret of what comes in', async () => {
    const app = await start({ KEYTRAIL_ADMIN_TOKEN: `admin-${randomBytes(16).toString('hex')}` });
    const secret = `sk_live_${randomBytes(18).toString('hex')}`;
    const admin = /admin-[0-9a-f]{32}/;
    await ask(app, secret, '/v1/request-logs');
    await ask(app, 'x', `/v1/request-logs?key_id=${secret}&cursor=${secret}`, `{"key":"${secret}"`);
    await app.stop();
    expect(app.output()).not.toContain(secret);
    expect(app.output()).not.toMatch(admin);
  });
});

describe('a data directory', () => {
  it('belongs to one process: a second one is refused clearly, and the first goes on', async () => {
    const first = await start();
    const before = lockOf();
    const second = await runApp('standalone', settings());
    expect(second.code).toBe(2);
    expect(second.output).toMatch(/^The data directory .+ is in use by another Keytrail \(process \d+\)\. Stop that process first, or give this one a directory of its own with KEYTRAIL_DATA_DIR\.\n$/);
    expect(second.output).toContain(`process ${before.split(' ')[0]})`);
    expect(lockOf()).toBe(before);
    expect((await ask<IntakeResult>(first, printedToken(first)!, '/v1/request-logs', JSON.stringify(nativeLine()))).body.stored).toBe(1);
  });

  it('is taken over from a process that was killed, with all that it acknowledged', async () => {
    const first = await start();
    const [token, key] = [printedToken(first)!, newName('key')];
    expect((await ask<IntakeResult>(first, token, '/v1/request-logs', JSON.stringify(nativeLine({ key_id: key })))).body.stored).toBe(1);
    await first.kill();
    const left = lockOf();
    const second = await start();
    expect(lockOf()).not.toBe(left);
    expect((await ask<RequestLogPage>(second, token, `/v1/request-logs?key_id=${key}`)).body.data).toHaveLength(1);
  });
});

describe('a stop', () => {
  it('is not held up by clients that keep their connection or never end their request', async () => {
    const app = await start();
    const { hostname, port } = new URL(app.url);
    const beginnings = ['GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n', 'POST /v1/request-logs HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{', 'POST /v1'];
    await Promise.all(beginnings.map((beginning) => new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => socket.write(beginning, () => resolve()));
      socket.on('error', () => undefined).resume();
    })));
    await ask(app, printedToken(app)!, '/v1/workspaces');
    const ended = await app.stop();
    expect([ended.code, ended.output.split(rule).at(-1)]).toEqual([0, '\n']);
    expect(ended.milliseconds).toBeLessThan(STOP_WITHIN_MS);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('by %s drains, exits with 0 within 10 s under load, and keeps all that was acknowledged', async (signal) => {
    const app = await start();
    const [token, key] = [printedToken(app)!, newName('key')];
    const counts = { acknowledged: 0 };
    let isOver = false;
    const send = async (): Promise<void> => {
      while (!isOver) {
        const body = ndjson([...Array.from({ length: 500 }, () => nativeLine({ key_id: key })), '{"bad":']);
        const answer = await ask<IntakeResult>(app, token, '/v1/request-logs', body).catch(() => undefined);
        if (answer?.status === 200) counts.acknowledged += answer.body.stored;
        else isOver = true;
      }
    };
    const senders = [send(), send(), send(), send()];
    // Stopped in the middle: each sender has had an answer and is sending again.
    await waitFor(() => counts.acknowledged >= 6_000, { what: 'answers', timeoutMs: 30_000 });
    const ended = await app.stop(signal);
    isOver = true;
    await Promise.all(senders);
    expect([ended.code, ended.output.split(rule).at(-1)]).toEqual([0, '\n']);
    expect(ended.milliseconds).toBeLessThan(STOP_WITHIN_MS);
    expect(existsSync(join(directory.path, 'keytrail.lock'))).toBe(false);

    const again = await start();
    const { body } = await ask<{ totals: { requests: number } }>(again, token, `/v1/api-keys/${key}/activity`);
    expect(counts.acknowledged).toBeGreaterThanOrEqual(6_000);
    expect(body.totals.requests).toBeGreaterThanOrEqual(counts.acknowledged);
    expect(body.totals.requests).toBeLessThanOrEqual(counts.acknowledged + senders.length * 500);
  });
});
