import { createWriteStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openClickHouse } from '@keytrail/clickhouse';
import { buildStandalone, startAppProcess, startScript, type AppProcess } from '../support/app-process.js';
import { createTempDir, type TempDir } from '../support/temp-dir.js';
import { waitFor } from '../support/wait-for.js';

const LINES = 50_000;
const KEYS = 20;
const BATCH = 5_000; // lines the command sends at a time
const TOKEN = 'the-administrator-of-this-test';

interface Totals { received: number; stored: number; duplicates: number; dead_lettered: number; not_sent: number }

let directory: TempDir;
let file: string;
const running: { kill(): Promise<unknown> }[] = [];

const idOf = (index: number) => `r${String(index).padStart(6, '0')}`;

beforeAll(async () => {
  await buildStandalone();
  directory = await createTempDir();
  file = join(directory.path, 'requests.ndjson');
  const out = createWriteStream(file);
  const start = Date.now() - 40 * 86_400_000;
  for (let index = 0; index < LINES; index += 1) {
    // Over six weeks, so that every batch falls into several partitions.
    out.write(`${JSON.stringify({
      time: start + ((index * 7_919) % LINES) * 69_000, request_id: idOf(index), key_id: `key-${index % KEYS}`, method: 'GET', path: `/orders/${index}`,
      status: index % 10 === 0 ? 403 : 200, address: `192.0.2.${index % 50}`, user_agent: 'orders/1.4',
    })}\n`);
  }
  out.end();
  await once(out, 'close');
}, 180_000);
afterAll(async () => {
  await Promise.all(running.map((process) => process.kill()));
  await directory.remove();
});

async function startKeytrail(): Promise<AppProcess> {
  const app = await startAppProcess('standalone', { KEYTRAIL_DATA_DIR: join(directory.path, 'data'), KEYTRAIL_PORT: '0', KEYTRAIL_ADMIN_TOKEN: TOKEN, UV_THREADPOOL_SIZE: '16' });
  running.push(app);
  return app;
}
function startImport(app: AppProcess) {
  const command = startScript({ KEYTRAIL_URL: app.url, KEYTRAIL_TOKEN: TOKEN }, 'dist/apps/cli/main.js', 'import', file, '--json');
  running.push(command);
  return command;
}
const totalsOf = (output: string) => JSON.parse(output.split('\n').find((line) => line.startsWith('{'))!) as Totals;

async function storedSoFar(app: AppProcess): Promise<number> {
  const response = await fetch(`${app.url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
  return Number(/^keytrail_request_logs_stored_total\{source="http"\} (\d+)/m.exec(await response.text())?.[1] ?? 0);
}

/** Parts of every table on disk, whole ones and those being written. */
async function partsOnDisk(): Promise<Set<string>> {
  const store = join(directory.path, 'data', 'clickhouse', 'store');
  const entries = await readdir(store, { recursive: true });
  return new Set(entries.filter((name) => /^\w+\/[^/]+\/[^/]+_\d+_\d+_\d+$/.test(name)));
}

/** Moments inside a batch that a kill should hit. */
const moments: Record<string, () => Promise<unknown>> = {
  'somewhere in a batch': () => delay(Math.random() * 400),
  'in the middle of an insert': async () => {
    const before = await partsOnDisk();
    await waitFor(async () => [...await partsOnDisk()].some((part) => !before.has(part)), { what: 'a part to be written', intervalMs: 1, timeoutMs: 30_000 });
  },
  'between the table and its rollups, or between storing and answering': async () => {
    const before = await partsOnDisk();
    const isWhole = (part: string) => !before.has(part) && !part.includes('/tmp_');
    await waitFor(async () => [...await partsOnDisk()].some(isWhole), { what: 'a part to be stored', intervalMs: 1, timeoutMs: 30_000 });
    await delay(Math.random() * 30);
  },
};

/** What the stores hold, read by this process while no other has them open. */
async function inspect() {
  const clickhouse = await openClickHouse({ directory: join(directory.path, 'data', 'clickhouse') });
  try {
    const ids = (await clickhouse.select<{ id: string }>('SELECT request_id AS id FROM request_logs ORDER BY id')).map(({ id }) => id);
    const perKey = (table: string, count: string) =>
      clickhouse.select<{ key_id: string; calls: number; refused: number }>(`SELECT key_id, ${count} FROM ${table} GROUP BY key_id ORDER BY key_id`);
    return {
      ids,
      rows: await perKey('request_logs', `count() AS calls, countIf(outcome = 'forbidden') AS refused`),
      minutes: await perKey('request_minutes', 'sum(requests) AS calls, sum(denied) AS refused'),
      callers: await perKey('key_callers', 'sum(requests) AS calls, sum(denied) AS refused'),
      activity: await perKey('caller_activity', `sum(requests) AS calls, sumIf(requests, outcome = 'forbidden') AS refused`),
      minuteCells: await clickhouse.select(`SELECT count() AS wrong FROM (
        SELECT key_id, toStartOfMinute(toDateTime(time, 'UTC')) AS minute, count() AS calls FROM request_logs GROUP BY key_id, minute) AS r
        FULL OUTER JOIN (SELECT key_id, minute, sum(requests) AS calls FROM request_minutes GROUP BY key_id, minute) AS m USING (key_id, minute)
        WHERE r.calls != m.calls`),
    };
  } finally {
    await clickhouse.close();
  }
}

it('loses no acknowledged line and doubles none when Keytrail is killed in the middle of imports, again and again', async () => {
  let acknowledged = 0;
  for (const [turn, untilMoment] of Object.values(moments).entries()) {
    const after = (turn + 1) * 10_000;
    const app = await startKeytrail();
    const command = startImport(app);
    // What was stored before is told as duplicates and counts for nothing here.
    await waitFor(async () => await storedSoFar(app) + acknowledged >= after, { what: `${after} stored lines`, timeoutMs: 60_000, intervalMs: 5 });
    await untilMoment();
    await app.kill();
    const { output } = await command.stop('SIGINT');
    const totals = totalsOf(output);
    expect(totals.dead_lettered + totals.not_sent).toBe(0);
    acknowledged = Math.max(acknowledged, totals.stored + totals.duplicates);
    expect(acknowledged).toBeGreaterThanOrEqual(after - BATCH);

    const { ids } = await inspect();
    expect(new Set(ids).size).toBe(ids.length);
    // The command sends in the order of the file.
    const present = new Set(ids);
    expect(Array.from({ length: acknowledged }, (_, index) => idOf(index)).filter((id) => !present.has(id))).toEqual([]);
  }

  const app = await startKeytrail();
  for (const again of [false, true]) {
    const { code, output } = await startImport(app).ended;
    expect(code).toBe(0);
    expect(totalsOf(output)).toMatchObject({ received: LINES, dead_lettered: 0, not_sent: 0, ...(again && { stored: 0, duplicates: LINES }) });
  }
  expect(await app.stop()).toMatchObject({ code: 0 });

  const { ids, rows, minuteCells, ...rollups } = await inspect();
  expect(ids).toEqual(Array.from({ length: LINES }, (_, index) => idOf(index)));
  expect(rows).toHaveLength(KEYS);
  for (const [name, rollup] of Object.entries(rollups)) expect({ name, rollup }).toEqual({ name, rollup: rows });
  expect(minuteCells).toEqual([{ wrong: 0 }]);
}, 240_000);

it('lets an import that is under way go on by itself when Keytrail comes back at the same address', async () => {
  const first = await startKeytrail();
  const { port } = new URL(first.url);
  const key = 'key-of-the-second-file';
  const second = join(directory.path, 'more.ndjson');
  const out = createWriteStream(second);
  for (let index = 0; index < LINES / 2; index += 1) out.write(`${JSON.stringify({ time: Date.now() - 60_000, request_id: `more-${index}`, key_id: key, method: 'GET', path: '/', status: 200 })}\n`);
  out.end();
  await once(out, 'close');
  const command = startScript({ KEYTRAIL_URL: first.url, KEYTRAIL_TOKEN: TOKEN }, 'dist/apps/cli/main.js', 'import', second, '--json');
  running.push(command);
  await waitFor(async () => await storedSoFar(first) >= BATCH, { what: 'the first batch', timeoutMs: 60_000, intervalMs: 5 });
  await first.kill();
  const app = await startAppProcess('standalone', { KEYTRAIL_DATA_DIR: join(directory.path, 'data'), KEYTRAIL_PORT: port, KEYTRAIL_ADMIN_TOKEN: TOKEN, UV_THREADPOOL_SIZE: '16' });
  running.push(app);
  const { code, output } = await command.ended;
  expect([code, totalsOf(output).received]).toEqual([0, LINES / 2]);
  await app.stop();
  const { rows, ...rollups } = await inspect();
  const ofKey = (rollup: { key_id: string }[]) => rollup.find(({ key_id }) => key_id === key);
  expect(ofKey(rows)).toMatchObject({ calls: LINES / 2 });
  for (const rollup of [rollups.minutes, rollups.callers, rollups.activity]) expect(ofKey(rollup)).toMatchObject({ calls: LINES / 2 });
}, 120_000);
