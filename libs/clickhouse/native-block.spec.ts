import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EmbeddedClickHouse } from './embedded-clickhouse.js';
import { encodeNative } from './native-block.js';
import type { NativeColumn } from './native-column.js';

interface Row { text: string; word: string; small: number; int: number; long: number; time: number; float: number | null; count: number | null; map: Record<string, string>; texts: string[] }

const columns: NativeColumn<Row>[] = [
  { name: 'text', type: 'String', value: (row) => row.text },
  { name: 'word', type: 'LowCardinality(String)', value: (row) => row.word },
  { name: 'small', type: 'UInt16', value: (row) => row.small },
  { name: 'int', type: 'Int32', value: (row) => row.int },
  { name: 'long', type: 'Int64', value: (row) => row.long },
  { name: 'time', type: `DateTime64(3, 'UTC')`, value: (row) => row.time },
  { name: 'float', type: 'Nullable(Float32)', value: (row) => row.float },
  { name: 'count', type: 'Nullable(UInt64)', value: (row) => row.count },
  { name: 'map', type: 'Map(String, String)', value: (row) => row.map },
  { name: 'texts', type: 'Array(String)', value: (row) => row.texts },
];

const directory = mkdtempSync(join(tmpdir(), 'keytrail-native-'));
let clickhouse: EmbeddedClickHouse;
let inserts = 0;

beforeAll(async () => {
  clickhouse = new EmbeddedClickHouse(directory);
  await clickhouse.command(`CREATE TABLE block (text String, word LowCardinality(String), small UInt16, int Int32, long Int64, time DateTime64(3, 'UTC'),
    float Nullable(Float32), count Nullable(UInt64), map Map(LowCardinality(String), String), texts Array(String), place UInt64 MATERIALIZED rowNumberInAllBlocks()) ENGINE = MergeTree ORDER BY tuple()`);
});

afterAll(async () => {
  await clickhouse.close();
  rmSync(directory, { recursive: true, force: true });
});

async function throughTheEngine(rows: readonly Row[]): Promise<Row[]> {
  await clickhouse.command('TRUNCATE TABLE block');
  inserts += 1;
  await clickhouse.insertBlock('block', encodeNative(columns, rows), { deduplicationToken: String(inserts).padStart(8, '0') });
  const found = await clickhouse.select<Row>('SELECT text, word, small, int, long, toUnixTimestamp64Milli(time) AS time, float, count, map, texts FROM block ORDER BY place');
  return found.map((row) => ({ ...row, float: row.float === null ? null : Math.fround(row.float) }));
}

const row = (overrides: Partial<Row>): Row => ({ text: '', word: '', small: 0, int: 0, long: 0, time: 0, float: null, count: null, map: {}, texts: [], ...overrides });

describe('a Native block', () => {
  it('comes out of the engine as it went in, whatever the rows hold', async () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.string({ maxLength: 60 }), fc.constantFrom('é', '😀'.repeat(50), '\0', 'a'.repeat(48), 'a'.repeat(49), `${'a'.repeat(47)}é`));
    const anyRow = fc.record<Row>({
      text, word: fc.oneof(text, fc.constantFrom('GET', 'POST')), small: fc.nat(65_535), int: fc.integer(), long: fc.maxSafeInteger(),
      time: fc.integer({ min: -2_000_000_000_000, max: 8_000_000_000_000 }), float: fc.option(fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)),
      count: fc.option(fc.maxSafeInteger().map((value) => Math.abs(value))), map: fc.dictionary(fc.string({ minLength: 1, maxLength: 20 }).filter((key) => key !== '__proto__'), text, { maxKeys: 5, noNullPrototype: true }), texts: fc.array(text, { maxLength: 4 }),
    });
    await fc.assert(fc.asyncProperty(fc.array(anyRow, { minLength: 1, maxLength: 40 }), async (rows) => {
      expect(await throughTheEngine(rows)).toEqual(rows);
    }), { numRuns: 60 });
  }, 120_000);

  it.each([256, 257, 65_536, 65_537])('keeps %i different values of a dictionary apart', async (different) => {
    const rows = Array.from({ length: different + 10 }, (_, index) => row({ word: `word-${index % different}` }));
    expect((await throughTheEngine(rows)).map(({ word }) => word)).toEqual(rows.map(({ word }) => word));
  });
});
