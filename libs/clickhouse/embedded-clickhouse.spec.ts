import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EmbeddedClickHouse } from './embedded-clickhouse.js';
import { migrateClickHouse } from './migrate.js';

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

const row = (requestId: string, overrides: object = {}) => ({
  workspace_id: 'w', key_id: 'k', key_fingerprint: '', credential_kind: 'api_key', principal: '', request_id: requestId, time: 1_750_000_000_000,
  outcome: 'authorised', refusal_reason: '', method: 'GET', route: '', path: '/', status: 200, latency_ms: null, bytes_in: null, bytes_out: 7,
  address: '192.0.2.1', country: '', user_agent: 'a', origin: '', referer: '', tenant: '', environment: '', gateway_node: '', attributes: { a: 'b' },
  source: 'http', topic: '', partition: -1, offset: -1, batch_id: 'b1', ingested_at: Date.now(), ...overrides,
});
const lines = (rows: object[]) => Buffer.from(rows.map((item) => JSON.stringify(item)).join('\n'));

describe('EmbeddedClickHouse', () => {
  it('stores a block once however often its token comes, in the table and in every rollup', async () => {
    const block = lines([row('a'), row('b', { outcome: 'forbidden' })]);
    await clickhouse.insertJsonLines('request_logs', block, { deduplicationToken: 'aaaaaaaa01' });
    await clickhouse.insertJsonLines('request_logs', block, { deduplicationToken: 'aaaaaaaa01' });

    expect(await clickhouse.select('SELECT count() AS rows FROM request_logs')).toEqual([{ rows: 2 }]);
    expect(await clickhouse.select('SELECT sum(requests) AS requests, sum(denied) AS denied, uniqMerge(addresses) AS addresses FROM request_minutes'))
      .toEqual([{ requests: 2, denied: 1, addresses: 1 }]);
    expect(await clickhouse.select('SELECT sum(requests) AS requests FROM key_callers')).toEqual([{ requests: 2 }]);
    expect(await clickhouse.select('SELECT sum(requests) AS requests, arraySort(groupArrayArray(request_ids)) AS ids FROM caller_activity'))
      .toEqual([{ requests: 2, ids: ['a', 'b'] }]);
  });

  it('stores equal rows again under another token, also after an insert with a token', async () => {
    await clickhouse.insertJsonLines('request_logs', lines([row('c')]), { deduplicationToken: 'aaaaaaaa02' });
    await clickhouse.insertJsonLines('request_logs', lines([row('c')]), { deduplicationToken: 'aaaaaaaa03' });
    expect(await clickhouse.select(`SELECT count() AS rows FROM request_logs WHERE request_id = 'c'`)).toEqual([{ rows: 2 }]);
  });

  it('binds values, so that a quote in one stays a quote', async () => {
    expect(await clickhouse.select('SELECT {a:String} AS a, {b:Array(String)} AS b', { a: `x'"\\ y`, b: [`'`, 'z'] }))
      .toEqual([{ a: `x'"\\ y`, b: [`'`, 'z'] }]);
  });

  it('takes one block whose rows lie in hundreds of months', async () => {
    const rows = Array.from({ length: 150 }, (_, month) => row(`m${month}`, { time: Date.UTC(2008, month, 2) }));
    await clickhouse.insertJsonLines('request_logs', lines(rows), { deduplicationToken: 'aaaaaaaa04' });
    expect(await clickhouse.select(`SELECT count() AS rows FROM request_logs WHERE request_id LIKE 'm%'`)).toEqual([{ rows: 150 }]);
  });

  it('refuses a token that is not hex', async () => {
    await expect(clickhouse.insertJsonLines('request_logs', lines([row('x')]), { deduplicationToken: `a'; DROP` })).rejects.toThrow(/hex/);
  });
});
