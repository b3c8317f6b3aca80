import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openClickHouse, type ClickHouse } from '@keytrail/clickhouse';
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

  const lines = (...rows: object[]) => Buffer.from(rows.map((row) => JSON.stringify({
    workspace_id: 'w', key_id: 'k', time: 1_750_000_000_000, outcome: 'authorised', address: '192.0.2.1', batch_id: 'b', ingested_at: Date.now(), ...row,
  })).join('\n'));
  const idsOf = async (prefix: string) => (await clickhouse.select<{ request_id: string }>(
    'SELECT request_id FROM request_logs WHERE startsWith(request_id, {prefix:String}) ORDER BY request_id', { prefix })).map((row) => row.request_id);

  it('stores a block once however often its token comes, in the table and in every rollup', async () => {
    const block = lines({ request_id: 'once-a' }, { request_id: 'once-b', outcome: 'forbidden' });
    for (let time = 0; time < 3; time += 1) await clickhouse.insertJsonLines('request_logs', block, { deduplicationToken: 'aaaaaaaa01' });
    expect(await idsOf('once-')).toEqual(['once-a', 'once-b']);
    expect(await clickhouse.select('SELECT sum(requests) AS requests, sum(denied) AS denied, uniqMerge(addresses) AS addresses FROM request_minutes'))
      .toEqual([{ requests: 2, denied: 1, addresses: 1 }]);
    expect(await clickhouse.select('SELECT sum(requests) AS requests FROM key_callers')).toEqual([{ requests: 2 }]);
    expect(await clickhouse.select('SELECT sum(requests) AS requests FROM caller_activity')).toEqual([{ requests: 2 }]);
  });

  it('stores equal rows again under another token', async () => {
    await clickhouse.insertJsonLines('request_logs', lines({ request_id: 'again' }), { deduplicationToken: 'aaaaaaaa02' });
    await clickhouse.insertJsonLines('request_logs', lines({ request_id: 'again' }), { deduplicationToken: 'aaaaaaaa03' });
    expect(await idsOf('again')).toEqual(['again', 'again']);
  });

  it('keeps text as it came', async () => {
    const path = `/it's "quoted" \\ back\tslash;\nnew line, ünïcödé 🔑 {x:String} -- FORMAT CSV`;
    await clickhouse.insertJsonLines('request_logs', lines({ request_id: 'text', path }), { deduplicationToken: 'aaaaaaaa04' });
    expect(await clickhouse.select(`SELECT path FROM request_logs WHERE request_id = 'text'`)).toEqual([{ path }]);
  });

  it('says so when a row does not fit, and stores nothing of its block', async () => {
    const block = lines({ request_id: 'bad-a' }, { request_id: 'bad-b', time: 'yesterday' });
    await expect(clickhouse.insertJsonLines('request_logs', block, { deduplicationToken: 'aaaaaaaa05' })).rejects.toThrow();
    expect(await idsOf('bad-')).toEqual([]);
  });

  it('takes insert after insert over the same connections', async () => {
    const inserts = Array.from({ length: 30 }, (_, index) => index);
    await Promise.all(inserts.map((index) => clickhouse.insertJsonLines(
      'request_logs', lines({ request_id: `many-${index}` }), { deduplicationToken: `bbbbbbbb${String(index).padStart(2, '0')}` })));
    expect(await idsOf('many-')).toHaveLength(30);
  });
});
