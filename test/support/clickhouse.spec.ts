import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ClickHouseError, ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client';
import { createClickHouseDatabase, describeWithClickHouseHttp, type ClickHouseDatabase } from './clickhouse.js';

const log = { level: ClickHouseLogLevel.OFF };

describeWithClickHouseHttp('ClickHouse over HTTP', () => {
  let database: ClickHouseDatabase;
  let client: ClickHouseClient;

  beforeAll(async () => {
    database = await createClickHouseDatabase();
    client = createClient({ log, url: database.url, database: database.database });
    await client.command({ query: 'CREATE TABLE calls (id UInt64, route String, tags Array(String)) ENGINE = MergeTree ORDER BY id' });
  });
  afterAll(async () => {
    await client.close();
    await database.drop();
  });

  const rows = async <T>(query: string, query_params?: Record<string, unknown>): Promise<T[]> =>
    (await client.query({ query, query_params, format: 'JSONEachRow' })).json<T>();

  it('answers a ping', async () => {
    await expect(client.ping()).resolves.toEqual({ success: true });
  });

  it('stores inserted rows and finds them by parameters, whatever characters they hold', async () => {
    const route = `/it's "quoted" \\ back\tslash;\nnew line, ünïcödé 🔑 {x:String} -- FORMAT CSV`;
    await client.insert({ table: 'calls', format: 'JSONEachRow', values: [{ id: '18446744073709551615', route, tags: ["o'clock", 'b\\c'] }] });
    const found = await rows('SELECT toString(id) AS id, route, tags FROM calls WHERE route = {route:String} AND hasAll(tags, {tags:Array(String)})', {
      route, tags: ["o'clock", 'b\\c'],
    });
    expect(found).toEqual([{ id: '18446744073709551615', route, tags: ["o'clock", 'b\\c'] }]);
  });

  it('binds null, numbers, booleans and dates', async () => {
    const [row] = await rows('SELECT {none:Nullable(String)} AS none, {n:Int32} AS n, {yes:Bool} AS yes, toUnixTimestamp64Milli({at:DateTime64(3)}) AS at', {
      none: null, n: -3, yes: true, at: new Date(1_700_000_000_123),
    });
    expect(row).toEqual({ none: null, n: -3, yes: true, at: expect.anything() });
    expect(Number((row as { at: unknown }).at)).toBe(1_700_000_000_123);
  });

  it('stores a gzip body, and many rows in one insert', async () => {
    const gzip = createClient({ log, url: database.url, database: database.database, compression: { request: true, response: true } });
    await gzip.command({ query: 'CREATE TABLE many (n UInt32) ENGINE = MergeTree ORDER BY n' });
    const { summary } = await gzip.insert({ table: 'many', format: 'JSONEachRow', values: Array.from({ length: 50_000 }, (_, n) => ({ n })) });
    expect(summary).toMatchObject({ written_rows: '50000' });
    const result = await gzip.query({ query: 'SELECT count() AS rows, sum(n) AS total FROM many', format: 'JSONEachRow' });
    const [row] = await result.json<{ rows: unknown; total: unknown }>();
    expect([Number(row?.rows), Number(row?.total)]).toEqual([50_000, 1_249_975_000]);
    await gzip.close();
  });

  it('keeps bytes that are not UTF-8', async () => {
    const query = encodeURIComponent(`INSERT INTO ${database.database}.calls (id, route) FORMAT JSONEachRow`);
    const body = Buffer.concat([Buffer.from('{"id":7,"route":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}\n')]);
    const response = await fetch(`${database.url}/?query=${query}`, { method: 'POST', body });
    expect(response.status).toBe(200);
    expect(await rows('SELECT hex(route) AS bytes FROM calls WHERE id = 7')).toEqual([{ bytes: 'FFFE' }]);
  });

  it('takes settings for one request only', async () => {
    const threads = "SELECT getSetting('max_threads') AS threads";
    const tuned = await client.query({ query: threads, format: 'JSONEachRow', clickhouse_settings: { max_threads: 3 } });
    expect((await tuned.json<{ threads: unknown }>()).map((row) => Number(row.threads))).toEqual([3]);
    const [later] = await rows<{ threads: unknown }>(threads);
    expect(Number(later?.threads)).not.toBe(3);
  });

  it('does not know a parameter of an earlier request', async () => {
    await rows('SELECT {once:String}', { once: 'x' });
    await expect(rows('SELECT {once:String}')).rejects.toMatchObject({ type: 'UNKNOWN_QUERY_PARAMETER' });
  });

  it('answers queries side by side', async () => {
    const sums = await Promise.all([1, 2, 3, 4, 5, 6].map(async (n) => rows<{ sum: unknown }>('SELECT sum(number) AS sum FROM numbers({n:UInt32})', { n })));
    expect(sums.map(([row]) => Number(row?.sum))).toEqual([0, 1, 3, 6, 10, 15]);
  });

  it('answers a faulty query with ClickHouse\'s own code and type', async () => {
    const failure = client.query({ query: 'SELECT * FROM nowhere' });
    await expect(failure).rejects.toBeInstanceOf(ClickHouseError);
    await expect(failure).rejects.toMatchObject({ code: '60', type: 'UNKNOWN_TABLE' });
    await expect(client.command({ query: 'create nonsense' })).rejects.toMatchObject({ code: '62', type: 'SYNTAX_ERROR' });
  });

  it('stores nothing of an insert with a row that does not fit', async () => {
    await client.command({ query: 'CREATE TABLE strict (n UInt32) ENGINE = MergeTree ORDER BY n' });
    await expect(client.insert({ table: 'strict', format: 'JSONEachRow', values: [{ n: 1 }, { n: 'two' }] })).rejects.toBeInstanceOf(ClickHouseError);
    expect(await rows('SELECT n FROM strict')).toEqual([]);
  });

  it('refuses a wrong password', async () => {
    const stranger = createClient({ log, url: database.url, password: 'wrong' });
    await expect(stranger.query({ query: 'SELECT 1' })).rejects.toMatchObject({ code: '516' });
    await stranger.close();
  });

  it('keeps databases apart', async () => {
    const other = await createClickHouseDatabase();
    const elsewhere = createClient({ log, url: other.url, database: other.database });
    await expect(elsewhere.query({ query: 'SELECT * FROM calls' })).rejects.toMatchObject({ type: 'UNKNOWN_TABLE' });
    await elsewhere.close();
    await other.drop();
  });

  it('echoes the query id', async () => {
    const { query_id } = await client.query({ query: 'SELECT 1', query_id: 'given-by-the-test' });
    expect(query_id).toBe('given-by-the-test');
  });
});
