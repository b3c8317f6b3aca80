import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { migrateClickHouse, openClickHouse, type ClickHouse, type QueryParams } from '@keytrail/clickhouse';
import { createTempDir, type TempDir } from '../../test/support/temp-dir.js';
import { BlastRadiusStore } from './blast-radius.store.js';
import { CallerEvidenceStore } from './caller-evidence.store.js';

const ROWS = 300_000;
const KEYS = 200;
const OF_A_KEY = ROWS / KEYS;
const NOW = Date.UTC(2026, 5, 20, 12);
const DAY_MS = 86_400_000;

// A responder asks while things are on fire: what that costs must follow the key, not the table.
describe('questions about a key', () => {
  let directory: TempDir;
  let clickhouse: ClickHouse;
  const asked: { sql: string; params: QueryParams | undefined }[] = [];
  let radius: BlastRadiusStore;
  let evidence: CallerEvidenceStore;
  beforeAll(async () => {
    directory = await createTempDir();
    clickhouse = await openClickHouse({ directory: directory.path });
    await migrateClickHouse(clickhouse);
    await clickhouse.command(`INSERT INTO request_logs (workspace_id, key_id, time, request_id, method, path, status, outcome, address, user_agent, tenant, gateway_node)
      SELECT concat('ws', toString(number % 4)), concat('key_', leftPad(toString(number % ${KEYS}), 4, '0')),
        fromUnixTimestamp64Milli(${NOW} - toInt64(number * ${Math.floor((25 * DAY_MS) / ROWS)})), toString(number), 'GET', concat('/v1/things/', toString(number % 97)), 200, 'ok',
        concat('192.0.', toString(number % 7), '.', toString(number % 251)), concat('client/', toString(number % 3)), concat('t', toString(number % 11)), concat('gw-', toString(number % 2))
      FROM numbers(${ROWS})`);
    // In one part: how many there are is otherwise for the engine to say.
    for (const table of ['request_logs', 'request_minutes', 'key_callers']) await clickhouse.command(`OPTIMIZE TABLE ${table} FINAL`);
    const select = clickhouse.select.bind(clickhouse);
    clickhouse.select = async (sql, params) => {
      asked.push({ sql, params });
      return select(sql, params);
    };
    radius = new BlastRadiusStore(clickhouse);
    evidence = new CallerEvidenceStore(clickhouse);
  }, 120_000);
  afterAll(async () => {
    await clickhouse?.close();
    await directory?.remove();
  });

  /** Rows that the engine reads of a table for what was asked, at most. */
  async function read(ask: () => Promise<unknown>): Promise<Map<string, number>> {
    asked.length = 0;
    await ask();
    const rows = new Map<string, number>();
    for (const { sql, params } of [...asked]) {
      const estimate = await clickhouse.select<{ table: string; rows: number }>(`EXPLAIN ESTIMATE ${sql.replace(/SETTINGS max_execution_time = \d+\s*$/, '')}`, params);
      for (const { table, rows: more } of estimate) rows.set(table, Math.max(rows.get(table) ?? 0, Number(more)));
    }
    return rows;
  }

  it.each([['of a workspace', ['ws3']], ['of the account', null]] as const)('%s read the rows of the key, not the table', async (_, workspaces) => {
    const key = 'key_0103';
    const month = NOW - 30 * DAY_MS;
    const question = { old_key: key, new_keys: ['key_0107'], workspaces, since: NOW - DAY_MS };
    const reads = [
      await read(() => radius.callers(key, workspaces, month)), await read(() => radius.volume(key, workspaces, NOW)), await read(() => radius.names(key, workspaces, month)),
      await read(() => radius.sharedWith(key, ['key_0107'], workspaces)), await read(() => radius.use([key], workspaces, NOW)),
      await read(() => evidence.callers(question)), await read(() => evidence.nodes(question)),
    ];
    // The engine reads whole granules, so some of the neighbours come along; without a workspace, in each of the four.
    const most = workspaces === null ? ROWS / 2 : ROWS / 4;
    for (const rows of reads) for (const [table, count] of rows) expect([table, count < most ? 'its own' : count]).toEqual([table, 'its own']);
    expect((await radius.names(key, workspaces, month)).requests).toBe(OF_A_KEY);
  });
});
