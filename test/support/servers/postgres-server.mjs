// A throw-away Postgres cluster on loopback, made with initdb.
import { spawnSync } from 'node:child_process';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { freePorts } from './free-port.mjs';
import { ownProcess, runToEnd, untilItAnswers } from './owned-process.mjs';

const SUPERUSER = 'keytrail';
const START_TIMEOUT_MS = 30_000;
// Nothing here needs to survive a crash of the machine.
const FAST_SETTINGS = ['fsync=off', 'full_page_writes=off', 'max_connections=200', 'shared_buffers=64MB'];
// Nor a crash of the server, unless it is to be killed: a commit that was acknowledged is with the kernel then.
const UNSAFE_SETTINGS = ['synchronous_commit=off'];

/** @param {{ bin: string, toBeKilled?: boolean }} options the directory of initdb and postgres; whether what is committed must outlive a kill */
export async function startPostgres({ bin, toBeKilled = false }) {
  const as = await unprivilegedUser();
  const dir = await mkdtemp(join(tmpdir(), 'keytrail-postgres-'));
  const spawnOptions = { cwd: dir, ...as, env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' } };
  try {
    if (as) await chown(dir, as.uid, as.gid);
    await runToEnd(join(bin, 'initdb'), ['-D', dir, '-U', SUPERUSER, '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'], spawnOptions);
    const [port] = await freePorts(1);
    const url = `postgres://${SUPERUSER}@127.0.0.1:${port}/postgres`;
    const settings = [...FAST_SETTINGS, ...(toBeKilled ? [] : UNSAFE_SETTINGS), 'listen_addresses=127.0.0.1', 'unix_socket_directories=', `port=${port}`].flatMap((setting) => ['-c', setting]);
    const launch = async () => {
      const started = ownProcess(join(bin, 'postgres'), ['-D', dir, ...settings], spawnOptions);
      await untilItAnswers(started, { what: 'Postgres', timeoutMs: START_TIMEOUT_MS }, () => askForOne(url));
      return started;
    };
    let server = await launch();
    return {
      info: { url, pid: server.child.pid },
      /** Ends it without warning, its children after it, and keeps its data. */
      kill: () => server.end(),
      /** Ends it if it runs, then starts it on the same port and data. */
      async restart() {
        await server.end();
        // Its children notice a little later, and hold its shared memory until then: a start before that is refused.
        for (let tries = 0; ; tries += 1) {
          try {
            server = await launch();
            return;
          } catch (error) {
            if (tries === 20) throw error;
            await delay(250);
          }
        }
      },
      async stop() {
        server.child.kill('SIGQUIT'); // immediate shutdown: the postmaster ends its children first
        await server.end(5_000);
        await rm(dir, { recursive: true, force: true, maxRetries: 3 });
      },
    };
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

async function askForOne(url) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  try {
    await client.connect();
    await client.query('select 1');
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Postgres refuses to run as root: root hands it to `postgres`, else to `nobody`. */
async function unprivilegedUser() {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) => Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout || NaN));
    if (Number.isInteger(uid) && Number.isInteger(gid)) return { uid, gid };
  }
  throw new Error('Postgres does not run as root, and there is no user `postgres` or `nobody` to run it as');
}
