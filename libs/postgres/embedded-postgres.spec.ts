import { mkdirSync, mkdtempSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { poolOn } from './embedded-connection.js';
import { openEmbeddedPostgres } from './embedded-postgres.js';

let parent: string;

async function using<T>(work: (pool: Pool) => Promise<T>, directory = join(parent, 'shared')): Promise<T> {
  const database = await openEmbeddedPostgres(directory);
  const pool = poolOn(database);
  // Ended while it is idle, or lent out in the middle of something.
  pool.on('error', () => undefined);
  try {
    return await work(pool);
  } finally {
    await pool.end();
    await database.close();
  }
}

beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), 'keytrail-embedded-'));
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

it('makes a database once and finds in it what was written', async () => {
  const directory = join(parent, 'data');
  // As a process leaves it that was killed while it made one.
  mkdirSync(`${directory}.unfinished`, { recursive: true });
  writeFileSync(join(`${directory}.unfinished`, 'PG_VERSION'), '1');
  await using((pool) => pool.query("CREATE TABLE kept (value text); INSERT INTO kept VALUES ('yes')"), directory);
  const { rows } = await using((pool) => pool.query('SELECT value FROM kept'), directory);
  expect(rows).toEqual([{ value: 'yes' }]);
  expect(existsSync(`${directory}.unfinished`)).toBe(false);
});

it('says so where none can be made', async () => {
  writeFileSync(join(parent, 'file'), '');
  await expect(openEmbeddedPostgres(join(parent, 'file', 'data'))).rejects.toThrow();
});

it('answers whatever a server would: values, large ones, errors and what comes after them', async () => {
  await using(async (pool) => {
    const large = 'é'.repeat(3_000_000);
    const { rows } = await pool.query('SELECT $1::text AS text, $2::jsonb AS json, $3::int[] AS list, $4::timestamptz AS time, NULL AS nothing', [large, { a: [1] }, [1, 2], new Date(0)]);
    expect(rows).toEqual([{ text: large, json: { a: [1] }, list: [1, 2], time: new Date(0), nothing: null }]);
    expect((await pool.query('SELECT n FROM generate_series(1, 50000) n')).rows.length).toBe(50_000);
    await expect(pool.query('SELECT 1 / $1::int', [0])).rejects.toMatchObject({ code: '22012' });
    await expect(pool.query('SELEC')).rejects.toMatchObject({ code: '42601' });
    await expect(pool.query('SELECT 1 FROM nowhere WHERE a = $1', [1])).rejects.toMatchObject({ code: '42P01' });
    expect((await pool.query('SELECT 1 AS one; SELECT 2 AS two') as unknown as { rows: unknown[] }[]).map(({ rows: [row] }) => row)).toEqual([{ one: 1 }, { two: 2 }]);
    expect((await Promise.all(Array.from({ length: 200 }, (_, n) => pool.query('SELECT $1::int AS n', [n])))).map(({ rows: [row] }) => row)).toEqual(Array.from({ length: 200 }, (_, n) => ({ n })));
  });
});

it('takes back what a connection left open that was thrown away', async () => {
  await using(async (pool) => {
    await pool.query('CREATE TABLE IF NOT EXISTS half (value int)');
    const client = await pool.connect();
    await client.query('BEGIN');
    await client.query('INSERT INTO half VALUES (1)');
    client.release(true);
    expect((await pool.query('SELECT * FROM half')).rows).toEqual([]);
  });
});

it('holds up nobody while it works', async () => {
  await using(async (pool) => {
    let turns = 0;
    const counting = setInterval(() => { turns += 1; }, 1);
    await pool.query('SELECT count(*) FROM generate_series(1, 3000000) a');
    clearInterval(counting);
    // In this thread not one would have been had.
    expect(turns).toBeGreaterThan(10);
  });
});

it('says that it has ended to whoever asks afterwards', async () => {
  const database = await openEmbeddedPostgres(join(parent, 'shared'));
  const pool = poolOn(database);
  pool.on('error', () => undefined);
  await pool.query('SELECT 1');
  await database.close();
  await expect(pool.query('SELECT 1')).rejects.toThrow(/ended|terminated/i);
  await pool.end();
});
