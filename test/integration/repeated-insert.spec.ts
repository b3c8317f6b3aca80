import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { DeadLetterPage, IntakeResult, ReplayResult } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../support/app.js';
import { clickhouseOf, countsOfKey, databaseOf, nativeLine, ndjson, newName, sameCounts } from '../support/request-lines.js';

const DAY_MS = 24 * 3_600_000;

describe('what was stored, but not settled, and comes again', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
    jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await app?.stop();
  });

  const makeWorkspace = (workspace_id: string) => app.call('/v1/workspaces', { body: { workspace_id, name: workspace_id, environment: 'test' } });
  const send = (body: string, key: string) => app.call<IntakeResult>('/v1/request-logs', { body, headers: { 'idempotency-key': key } });
  /** The next insert does what `during` does around it; its answer is lost. */
  const loseAnswer = (during: (insert: () => Promise<void>) => Promise<void>) => {
    const clickhouse = clickhouseOf(app);
    const insert = clickhouse.insertBlock.bind(clickhouse);
    return jest.spyOn(clickhouse, 'insertBlock').mockImplementationOnce(async (...args) => {
      await during(() => insert(...args));
      throw new Error('the answer was lost');
    });
  };

  it('comes out over HTTP as it did the first time: no 2xx for a line that is stored nowhere', async () => {
    const [key, workspace] = [newName('key'), newName('later')];
    const body = ndjson([nativeLine({ key_id: key }), nativeLine({ key_id: key, workspace })]);
    const spy = loseAnswer(async (insert) => {
      await insert();
      await makeWorkspace(workspace);
    });
    expect((await send(body, key)).status).toBeGreaterThanOrEqual(500);
    spy.mockRestore();
    expect(await send(body, key)).toMatchObject({ status: 200, body: { received: 2, stored: 1, dead_lettered: 1 } });
    expect(await countsOfKey(clickhouseOf(app), key)).toEqual(sameCounts(1));
  });

  it('is stored once though the store forgot its token', async () => {
    const [key, clickhouse] = [newName('key'), clickhouseOf(app)];
    const tables = ['request_logs', 'request_minutes', 'key_callers', 'caller_activity'];
    const setWindow = async (inserts: number) => {
      for (const table of tables) await clickhouse.command(`ALTER TABLE ${table} MODIFY SETTING non_replicated_deduplication_window = ${inserts}`);
    };
    await setWindow(3);
    const body = ndjson([nativeLine({ key_id: key, time: new Date(Date.now() - 8 * DAY_MS).toISOString() })]);
    const spy = loseAnswer((insert) => insert());
    await send(body, key);
    spy.mockRestore();
    for (let others = 0; others < 6; others += 1) await send(ndjson([nativeLine()]), newName('other'));
    await databaseOf(app).updateTable('workspaces').set({ created_at: new Date(Date.now() - 30 * DAY_MS) }).where('workspace_id', '=', 'default').execute();
    await databaseOf(app).updateTable('intake_batches').set({ created_at: new Date(Date.now() - 7 * DAY_MS) }).where('stored', 'is', null).execute();
    expect(await send(body, key)).toMatchObject({ status: 200, body: { stored: 1 } });
    expect(await countsOfKey(clickhouse, key)).toEqual(sameCounts(1));
    await setWindow(10_000);
  });

  it('is stored once more, and not counted once more, when the store lost the rows and not their counts', async () => {
    const [key, clickhouse] = [newName('key'), clickhouseOf(app)];
    const body = ndjson([nativeLine({ key_id: key }), nativeLine({ key_id: key, time: new Date(Date.now() - 40 * DAY_MS).toISOString() })]);
    const spy = loseAnswer(async (insert) => {
      await insert();
      // As a server does that is killed after it noted the token and before it kept the part.
      await clickhouse.command(`ALTER TABLE request_logs DELETE WHERE key_id = '${key}' SETTINGS mutations_sync = 2`);
    });
    expect((await send(body, key)).status).toBeGreaterThanOrEqual(500);
    spy.mockRestore();
    expect(await countsOfKey(clickhouse, key)).toMatchObject({ rows: 0, minutes: 2 });
    expect(await send(body, key)).toMatchObject({ status: 200, body: { received: 2, stored: 2 } });
    expect(await countsOfKey(clickhouse, key)).toEqual(sameCounts(2));
    expect(await clickhouse.select("SELECT name FROM system.tables WHERE name LIKE 'request_logs_aside%'")).toEqual([]);
  });

  it('fills the rollup that was missing when a dead letter is replayed again', async () => {
    const [key, workspace, clickhouse] = [newName('key'), newName('later'), clickhouseOf(app)];
    await send(ndjson([nativeLine({ key_id: key, workspace })]), key);
    await makeWorkspace(workspace);
    const letters = (await app.call<DeadLetterPage>('/v1/dead-letters?limit=1000')).body.data;
    const dead_letter_ids = letters.filter(({ payload }) => payload.includes(key)).map(({ dead_letter_id }) => dead_letter_id);
    const [view] = await clickhouse.select<{ sql: string }>(
      `SELECT create_table_query AS sql FROM system.tables WHERE name = 'request_minutes_fill' AND database = currentDatabase()`);
    const spy = loseAnswer(async (insert) => {
      await clickhouse.command('DROP VIEW request_minutes_fill');
      await insert();
      await clickhouse.command(view!.sql);
    });
    const replay = () => app.call<ReplayResult>('/v1/dead-letters/replay', { body: { dead_letter_ids } });
    expect((await replay()).status).toBeGreaterThanOrEqual(500);
    spy.mockRestore();
    expect(await countsOfKey(clickhouse, key)).toMatchObject({ rows: 1, minutes: 0 });
    expect(await replay()).toMatchObject({ status: 200, body: { replayed: 1 } });
    expect(await countsOfKey(clickhouse, key)).toEqual(sameCounts(1));
  });
});
