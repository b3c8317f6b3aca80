// ClickHouse over HTTP on loopback: a `clickhouse` binary where there is one, else chDB behind the same interface.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from './free-port.mjs';
import { ownProcess, untilItAnswers } from './owned-process.mjs';

const START_TIMEOUT_MS = 30_000;

/** @param {{ binary?: string }} options path of the `clickhouse` binary */
export async function startClickHouse({ binary }) {
  const dir = await mkdtemp(join(tmpdir(), 'keytrail-clickhouse-'));
  try {
    const [port] = await freePorts(1);
    const url = `http://127.0.0.1:${port}`;
    const launch = async () => {
      const started = binary ? await launchBinary(binary, dir, port) : launchChdb(dir, port);
      await untilItAnswers(started, { what: 'ClickHouse', timeoutMs: START_TIMEOUT_MS }, () => ping(url));
      return started;
    };
    let server = await launch();
    return {
      info: { url, pid: server.child.pid },
      /** Ends it without warning and keeps its data. */
      kill: () => server.end(),
      /** Ends it if it runs, then starts it on the same port and data. */
      async restart() {
        await server.end();
        server = await launch();
      },
      async stop() {
        await server.end();
        await rm(dir, { recursive: true, force: true, maxRetries: 3 });
      },
    };
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

async function ping(url) {
  const response = await fetch(`${url}/ping`, { signal: AbortSignal.timeout(2_000) });
  if (!response.ok) throw new Error(`/ping answered ${response.status}`);
}

function launchChdb(dir, port) {
  const program = fileURLToPath(new URL('chdb-http.mjs', import.meta.url));
  return ownProcess(process.execPath, [program, dir, String(port)], { cwd: dir, env: { ...process.env, UV_THREADPOOL_SIZE: '16' } });
}

async function launchBinary(binary, dir, port) {
  const config = join(dir, 'config.xml');
  await writeFile(config, `<clickhouse>
  <logger><level>warning</level><console>1</console></logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>${port}</http_port>
  <path>${dir}/data/</path>
  <tmp_path>${dir}/tmp/</tmp_path>
  <user_files_path>${dir}/user_files/</user_files_path>
  <profiles><default></default></profiles>
  <quotas><default></default></quotas>
  <users><default>
    <password></password><networks><ip>127.0.0.1</ip></networks>
    <profile>default</profile><quota>default</quota><access_management>1</access_management>
  </default></users>
</clickhouse>
`);
  return ownProcess(binary, ['server', `--config-file=${config}`], { cwd: dir });
}
