import { randomBytes } from 'node:crypto';
import { ClickHouse } from '@keytrail/clickhouse';
import { Database } from '@keytrail/postgres';
import { sql } from 'kysely';
import type { TestApp } from './app.js';

/** A name no other test uses: `key-1f0c…`. */
export const newName = (prefix: string): string => `${prefix}-${randomBytes(6).toString('hex')}`;

/** A good line of the native format, one minute old. */
export const nativeLine = (fields: Record<string, unknown> = {}) => ({
  time: Date.now() - 60_000, request_id: newName('req'), key_id: 'key-of-nobody', method: 'GET', path: '/orders', status: 200, address: '192.0.2.1',
  user_agent: 'orders/1.4', ...fields,
});

/** Lines as NDJSON; strings are taken as they are. */
export const ndjson = (lines: readonly unknown[]): string => lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');

export const clickhouseOf = (app: TestApp): ClickHouse => app.standalone.app.get(ClickHouse, { strict: false });
export const databaseOf = (app: TestApp): Database => app.standalone.app.get(Database, { strict: false });

/** Requests of a key as the table and each of its rollups count them: four equal numbers, or something was lost or doubled. */
export interface KeyCounts {
  rows: number;
  minutes: number;
  callers: number;
  activity: number;
}

export const sameCounts = (count: number): KeyCounts => ({ rows: count, minutes: count, callers: count, activity: count });

export async function countsOfKey(clickhouse: ClickHouse, keyId: string): Promise<KeyCounts> {
  const [counts] = await clickhouse.select<KeyCounts>(`SELECT
    (SELECT count() FROM request_logs WHERE key_id = {key:String}) AS rows,
    (SELECT sum(requests) FROM request_minutes WHERE key_id = {key:String}) AS minutes,
    (SELECT sum(requests) FROM key_callers WHERE key_id = {key:String}) AS callers,
    (SELECT sum(requests) FROM caller_activity WHERE key_id = {key:String}) AS activity`, { key: keyId });
  return counts!;
}

/** Everything that both stores hold, as text: what must not be kept must not stand in it. */
export async function allThatIsStored(app: TestApp): Promise<string> {
  const found: string[] = [];
  for (const table of ['request_logs', 'request_minutes', 'key_callers', 'caller_activity']) {
    found.push(JSON.stringify(await clickhouseOf(app).select(`SELECT * FROM ${table}`)));
  }
  const database = databaseOf(app);
  const tables = await sql<{ name: string }>`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`.execute(database);
  for (const { name } of tables.rows) {
    const { rows } = await sql<{ row: string }>`SELECT row_to_json(t)::text AS row FROM ${sql.table(name)} t`.execute(database);
    found.push(...rows.map(({ row }) => row));
  }
  return found.join('\n');
}
