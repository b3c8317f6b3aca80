import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createTempDir, type TempDir } from '../../test/support/temp-dir.js';
import { openClickHouse, type ClickHouse } from './index.js';
import { encodeNative } from './native-block.js';

const TABLES = ['request_logs', 'request_minutes', 'key_callers', 'caller_activity'];
const TOKEN = 'aaaaaaaa01';
const block = encodeNative<string>([
  { name: 'workspace_id', type: 'LowCardinality(String)', value: () => 'w' },
  { name: 'key_id', type: 'String', value: () => 'k' },
  { name: 'batch_id', type: 'LowCardinality(String)', value: () => TOKEN },
  { name: 'request_id', type: 'String', value: (id) => id },
  { name: 'outcome', type: 'LowCardinality(String)', value: () => 'authorised' },
  { name: 'time', type: `DateTime64(3, 'UTC')`, value: () => 1_750_000_000_000 },
], ['a', 'b', 'c']);

let directory: TempDir;
beforeEach(async () => {
  directory = await createTempDir();
});
afterEach(() => directory.remove());

/** Stores the block under its token in a store that is opened for it, and closes it. */
async function storeOnce(): Promise<Record<string, unknown>> {
  const clickhouse = await openClickHouse({ directory: directory.path });
  try {
    await clickhouse.insertBlock('request_logs', block, { deduplicationToken: TOKEN });
    return await countsOf(clickhouse);
  } finally {
    await clickhouse.close();
  }
}

async function countsOf(clickhouse: ClickHouse): Promise<Record<string, unknown>> {
  const counts = TABLES.map((table) => `(SELECT ${table === 'request_logs' ? 'count()' : 'sum(requests)'} FROM ${table}) AS ${table}`);
  return (await clickhouse.select<Record<string, unknown>>(`SELECT ${counts.join(', ')}`))[0]!;
}

/** The directories of tables that hold parts and remember tokens. */
const tablePaths = (): string[] => {
  const store = join(directory.path, 'store');
  return readdirSync(store).flatMap((prefix) => readdirSync(join(store, prefix)).map((name) => join(store, prefix, name)))
    .filter((path) => readdirSync(path).includes('deduplication_logs') && partsOf(path).length > 0);
};
const partsOf = (path: string) => readdirSync(path).filter((name) => /^[^_]+_\d+_\d+_\d+$/.test(name));

describe('a store that is opened again', () => {
  it('knows every token of the process before it, from the one on that made its tables', async () => {
    const once = Object.fromEntries(TABLES.map((table) => [table, 3]));
    expect([await storeOnce(), await storeOnce(), await storeOnce()]).toEqual([once, once, once]);
  });

  it('stores a block again that was lost after its token was noted, whichever table lost it', async () => {
    const once = await storeOnce();
    const paths = tablePaths();
    expect(paths).toHaveLength(TABLES.length);
    for (const path of paths) {
      for (const part of partsOf(path)) rmSync(join(path, part), { recursive: true });
      expect(await storeOnce()).toEqual(once);
    }
  });
});
