import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { describeWithClickHouseHttp } from './clickhouse.js';
import { describeWithOwnKafka } from './kafka.js';
import { kafkaJars } from './kafka-jars.js';
import { KeeperLine } from './server-keeper.js';
import { createTempDir, type TempDir } from './temp-dir.js';
import { waitFor } from './wait-for.js';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !isZombie(pid); // an orphan that nobody has waited for yet has ended all the same
};
const isZombie = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ');
  } catch {
    return false;
  }
};
const untilGone = (pid: number): Promise<unknown> => waitFor(() => !isAlive(pid), { what: `process ${pid} to be gone`, timeoutMs: 10_000 });

/** A process that owns a keeper as a test run does, and prints the keeper's socket and pid. */
async function launchRun(tmp: TempDir): Promise<{ run: ChildProcess; socketPath: string; keeperPid: number }> {
  const launcher = new URL('servers/launch-keeper.mjs', import.meta.url).href;
  const program = `import { launchKeeper } from '${launcher}';
    const { socketPath, pid } = await launchKeeper();
    console.log(JSON.stringify({ socketPath, pid }));
    setInterval(() => undefined, 1_000);`;
  const run = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, TMPDIR: tmp.path },
  });
  const [line] = (await once(createInterface({ input: run.stdout }), 'line')) as [string];
  const { socketPath, pid } = JSON.parse(line) as { socketPath: string; pid: number };
  return { run, socketPath, keeperPid: pid };
}

describe('the keeper of test servers', () => {
  let tmp: TempDir;
  beforeEach(async () => { tmp = await createTempDir(); });
  afterEach(() => tmp.remove());

  describeWithClickHouseHttp('with ClickHouse', () => {
    it('ends a server that is stopped, and one whose starter is gone', async () => {
      const [first, second] = [await KeeperLine.open(), await KeeperLine.open()];
      const stopped = await first.start<{ pid: number }>('clickhouse');
      const abandoned = await second.start<{ pid: number }>('clickhouse');
      await first.call(stopped.server, 'stop');
      expect(isAlive(stopped.pid)).toBe(false);
      expect(isAlive(abandoned.pid)).toBe(true);
      second.close();
      await untilGone(abandoned.pid);
      first.close();
    });

    it('leaves nothing behind when it is killed itself (Linux)', async () => {
      if (process.platform !== 'linux') return;
      const { run, socketPath, keeperPid } = await launchRun(tmp);
      const line = await KeeperLine.open(socketPath);
      const { pid } = await line.shared<{ pid: number }>('clickhouse');
      process.kill(keeperPid, 'SIGKILL');
      run.kill('SIGKILL');
      await untilGone(pid);
    });

    it('answers with the reason when a server cannot start', async () => {
      const line = await KeeperLine.open();
      await expect(line.start('clickhouse', { binary: '/nonexistent/clickhouse' })).rejects.toThrow(/ClickHouse ended while starting.*nonexistent/s);
      line.close();
    });
  });

  describeWithOwnKafka('with Kafka', () => {
    it('leaves no JVM behind when the test run is killed', async () => {
      const { run, socketPath, keeperPid } = await launchRun(tmp);
      const line = await KeeperLine.open(socketPath);
      const { pid } = await line.shared<{ pid: number }>('kafka', kafkaJars);
      expect(isAlive(pid)).toBe(true);
      run.kill('SIGKILL');
      await untilGone(pid);
      await untilGone(keeperPid);
    });

    it('does not wait for a start that is under way when the test run is killed', async () => {
      const { run, socketPath, keeperPid } = await launchRun(tmp);
      const line = await KeeperLine.open(socketPath);
      const start = line.start('kafka', kafkaJars);
      run.kill('SIGKILL');
      await expect(start).rejects.toThrow();
      await untilGone(keeperPid);
      expect(await readdir(tmp.path)).toEqual([]);
    });
  });
});
