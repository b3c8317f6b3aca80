import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Starts the process that owns this run's servers. Nothing else is started before a suite asks for it. */
export async function launchKeeper() {
  const dir = await mkdtemp(join(tmpdir(), 'keytrail-servers-'));
  const socketPath = join(dir, 'keeper.sock');
  const keeper = spawn(process.execPath, [fileURLToPath(new URL('keeper.mjs', import.meta.url)), socketPath], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '', KAFKAJS_NO_PARTITIONER_WARNING: '1' },
  });
  await Promise.race([
    once(keeper.stdout, 'data'),
    once(keeper, 'exit').then(() => { throw new Error('the keeper of test servers ended while starting'); }),
  ]);
  keeper.unref();
  for (const stream of [keeper.stdin, keeper.stdout]) stream.unref();
  return {
    socketPath,
    pid: keeper.pid,
    async close() {
      keeper.ref();
      keeper.stdin.end();
      if (keeper.exitCode === null && keeper.signalCode === null) await once(keeper, 'exit');
    },
  };
}
