import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { encodeNative, openClickHouse, type ClickHouse, type NativeColumn } from '@keytrail/clickhouse';
import { createClickHouseDatabase, describeWithClickHouseHttp, type ClickHouseDatabase } from '../support/clickhouse.js';

describeWithClickHouseHttp('the store on a ClickHouse server', () => {
  let database: ClickHouseDatabase;
  let clickhouse: ClickHouse;

  beforeAll(async () => {
    database = await createClickHouseDatabase();
    const url = new URL(database.url);
    url.pathname = `/${database.database}`;
    clickhouse = await openClickHouse({ url: url.href });
  });
  afterAll(async () => {
    await clickhouse.close();
    await database.drop();
  });

  interface Row { request_id: string; outcome?: string; path?: string }
  const always = (name: string, value: string): NativeColumn<Row> => ({ name, type: 'LowCardinality(String)', value: () => value });
  const block = (...rows: Row[]) => encodeNative<Row>([
    always('workspace_id', 'w'), always('key_id', 'k'), always('address', '192.0.2.1'), always('batch_id', 'b'),
    { name: 'time', type: `DateTime64(3, 'UTC')`, value: () => 1_750_000_000_000 },
    { name: 'request_id', type: 'String', value: (row) => row.request_id },
    { name: 'outcome', type: 'LowCardinality(String)', value: (row) => row.outcome ?? 'authorised' },
    { name: 'path', type: 'String', value: (row) => row.path ?? '/' },
  ], rows);
  const idsOf = async (prefix: string) => (await clickhouse.select<{ request_id: string }>(
    'SELECT request_id FROM request_logs WHERE startsWith(request_id, {prefix:String}) ORDER BY request_id', { prefix })).map((row) => row.request_id);

  it('stores a block once however often its token comes, in the table and in every rollup', async () => {
    const twice = block({ request_id: 'once-a' }, { request_id: 'once-b', outcome: 'forbidden' });
    for (let time = 0; time < 3; time += 1) await clickhouse.insertBlock('request_logs', twice, { deduplicationToken: 'aaaaaaaa01' });
    expect(await idsOf('once-')).toEqual(['once-a', 'once-b']);
    expect(await clickhouse.select('SELECT sum(requests) AS requests, sum(denied) AS denied, uniqMerge(addresses) AS addresses FROM request_minutes'))
      .toEqual([{ requests: 2, denied: 1, addresses: 1 }]);
    expect(await clickhouse.select('SELECT sum(requests) AS requests FROM key_callers')).toEqual([{ requests: 2 }]);
    expect(await clickhouse.select('SELECT sum(requests) AS requests FROM caller_activity')).toEqual([{ requests: 2 }]);
  });

  it('stores equal rows again under another token', async () => {
    await clickhouse.insertBlock('request_logs', block({ request_id: 'again' }), { deduplicationToken: 'aaaaaaaa02' });
    await clickhouse.insertBlock('request_logs', block({ request_id: 'again' }), { deduplicationToken: 'aaaaaaaa03' });
    expect(await idsOf('again')).toEqual(['again', 'again']);
  });

  it('keeps text as it came', async () => {
    const path = `/it's "quoted" \\ back\tslash;\nnew line, ünïcödé 🔑 {x:String} -- FORMAT CSV`;
    await clickhouse.insertBlock('request_logs', block({ request_id: 'text', path }), { deduplicationToken: 'aaaaaaaa04' });
    expect(await clickhouse.select(`SELECT path FROM request_logs WHERE request_id = 'text'`)).toEqual([{ path }]);
  });

  it('says so when a block is broken, and stores nothing of it', async () => {
    const whole = block({ request_id: 'bad-a' }, { request_id: 'bad-b' });
    const broken = { ...whole, bytes: whole.bytes.subarray(0, whole.bytes.length - 1) };
    await expect(clickhouse.insertBlock('request_logs', broken, { deduplicationToken: 'aaaaaaaa05' })).rejects.toThrow();
    expect(await idsOf('bad-')).toEqual([]);
  });

  it('takes insert after insert over the same connections', async () => {
    const inserts = Array.from({ length: 30 }, (_, index) => index);
    await Promise.all(inserts.map((index) => clickhouse.insertBlock(
      'request_logs', block({ request_id: `many-${index}` }), { deduplicationToken: `bbbbbbbb${String(index).padStart(2, '0')}` })));
    expect(await idsOf('many-')).toHaveLength(30);
  });
});
