import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EmbeddedClickHouse } from './embedded-clickhouse.js';
import { migrateClickHouse } from './migrate.js';
import { encodeNative } from './native-block.js';
import type { NativeColumn } from './native-column.js';

const directory = mkdtempSync(join(tmpdir(), 'keytrail-chdb-'));
let clickhouse: EmbeddedClickHouse;

beforeAll(async () => {
  clickhouse = new EmbeddedClickHouse(directory);
  await migrateClickHouse(clickhouse);
});

afterAll(async () => {
  await clickhouse.close();
  rmSync(directory, { recursive: true, force: true });
});

interface Row { request_id: string; outcome: string; time: number; attributes: Record<string, string> }
const row = (requestId: string, overrides: Partial<Row> = {}): Row =>
  ({ request_id: requestId, outcome: 'authorised', time: 1_750_000_000_000, attributes: { a: 'b' }, ...overrides });
const always = (name: string, value: string): NativeColumn<Row> => ({ name, type: 'LowCardinality(String)', value: () => value });
const block = (rows: readonly Row[]) => encodeNative<Row>([
  always('workspace_id', 'w'), always('key_id', 'k'), always('address', '192.0.2.1'), always('batch_id', 'b1'),
  { name: 'request_id', type: 'String', value: (item) => item.request_id },
  { name: 'outcome', type: 'LowCardinality(String)', value: (item) => item.outcome },
  { name: 'time', type: `DateTime64(3, 'UTC')`, value: (item) => item.time },
  { name: 'attributes', type: 'Map(String, String)', value: (item) => item.attributes },
], rows);

describe('EmbeddedClickHouse', () => {
  it('stores a block once however often its token comes, in the table and in every rollup', async () => {
    const twice = block([row('a'), row('b', { outcome: 'forbidden' })]);
    await clickhouse.insertBlock('request_logs', twice, { deduplicationToken: 'aaaaaaaa01' });
    await clickhouse.insertBlock('request_logs', twice, { deduplicationToken: 'aaaaaaaa01' });

    expect(await clickhouse.select('SELECT count() AS rows FROM request_logs')).toEqual([{ rows: 2 }]);
    expect(await clickhouse.select('SELECT sum(requests) AS requests, sum(denied) AS denied, uniqMerge(addresses) AS addresses FROM request_minutes'))
      .toEqual([{ requests: 2, denied: 1, addresses: 1 }]);
    expect(await clickhouse.select('SELECT sum(requests) AS requests FROM key_callers')).toEqual([{ requests: 2 }]);
    expect(await clickhouse.select('SELECT sum(requests) AS requests, arraySort(groupArrayArray(request_ids)) AS ids FROM caller_activity'))
      .toEqual([{ requests: 2, ids: ['a', 'b'] }]);
  });

  it('stores equal rows again under another token, also after an insert with a token', async () => {
    await clickhouse.insertBlock('request_logs', block([row('c')]), { deduplicationToken: 'aaaaaaaa02' });
    await clickhouse.insertBlock('request_logs', block([row('c')]), { deduplicationToken: 'aaaaaaaa03' });
    expect(await clickhouse.select(`SELECT count() AS rows FROM request_logs WHERE request_id = 'c'`)).toEqual([{ rows: 2 }]);
  });

  it('binds values, so that a quote in one stays a quote', async () => {
    expect(await clickhouse.select('SELECT {a:String} AS a, {b:Array(String)} AS b', { a: `x'"\\ y`, b: [`'`, 'z'] }))
      .toEqual([{ a: `x'"\\ y`, b: [`'`, 'z'] }]);
  });

  it('takes one block whose rows lie in hundreds of months', async () => {
    const rows = Array.from({ length: 150 }, (_, month) => row(`m${month}`, { time: Date.UTC(2008, month, 2) }));
    await clickhouse.insertBlock('request_logs', block(rows), { deduplicationToken: 'aaaaaaaa04' });
    expect(await clickhouse.select(`SELECT count() AS rows FROM request_logs WHERE request_id LIKE 'm%'`)).toEqual([{ rows: 150 }]);
  });

  it('refuses a token that is not hex', async () => {
    await expect(clickhouse.insertBlock('request_logs', block([row('x')]), { deduplicationToken: `a'; DROP` })).rejects.toThrow(/hex/);
  });

  it('says so when a block is broken or does not fit, stores nothing of it, and leaves no file behind', async () => {
    const whole = block(Array.from({ length: 50 }, (_, index) => row(`broken-${index}`)));
    const broken = { ...whole, bytes: whole.bytes.subarray(0, whole.bytes.length - 40) };
    await expect(clickhouse.insertBlock('request_logs', broken, { deduplicationToken: 'aaaaaaaa05' })).rejects.toThrow();
    const foreign = encodeNative([{ name: 'nothing_like_it', type: 'UInt16', value: () => 1 }], [1]);
    await expect(clickhouse.insertBlock('request_logs', foreign, { deduplicationToken: 'aaaaaaaa06' })).rejects.toThrow();
    expect(await clickhouse.select(`SELECT count() AS rows FROM request_logs WHERE startsWith(request_id, 'broken')`)).toEqual([{ rows: 0 }]);
    expect(readdirSync(join(directory, 'blocks'))).toEqual([]);
  });
});
