import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Activity, AuditPage, CreatedAccessToken, IntakeResult, RequestCounts, RequestLog, RequestLogPage } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../support/app.js';
import { nativeLine, newName } from '../support/request-lines.js';

const MINUTE = 60_000;

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
  for (const workspace_id of ['blue', 'green']) await app.call('/v1/workspaces', { body: { workspace_id, name: workspace_id, environment: 'test' } });
});
afterAll(() => app.stop());

async function store(lines: readonly Record<string, unknown>[]): Promise<void> {
  const answer = await app.call<IntakeResult>('/v1/request-logs', { body: lines });
  expect(answer).toMatchObject({ status: 200, body: { stored: lines.length } });
}
const queryOf = (query: Record<string, string | number>) =>
  new URLSearchParams(Object.entries(query).map(([name, value]): [string, string] => [name, String(value)])).toString();
const search = async (query: Record<string, string | number>, token?: string) =>
  (await app.call<RequestLogPage>(`/v1/request-logs?${queryOf(query)}`, token === undefined ? {} : { token })).body.data;
async function pages(query: Record<string, string | number>): Promise<RequestLog[][]> {
  const found: RequestLog[][] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: RequestLogPage = (await app.call<RequestLogPage>(`/v1/request-logs?${queryOf({ ...query, ...(cursor && { cursor }) })}`)).body;
    found.push(page.data);
    cursor = page.next_cursor;
  }
  return found;
}
async function tokenFor(workspaces: string[]): Promise<string> {
  return (await app.call<CreatedAccessToken>('/v1/access-tokens', { body: { name: 'viewer', role: 'viewer', workspaces } })).body.token;
}

describe('a search of request logs', () => {
  const at = Date.now() - 90 * MINUTE;
  const key = newName('key');
  const odd = `/it's "quoted" \\ ünïcödé 🔑 {x:String} -- %' OR 1=1`;
  const rows = [
    { workspace: 'blue', status: 200, address: '192.0.2.1', route: '/orders/{id}', time: at },
    { workspace: 'blue', status: 403, address: '192.0.2.2', route: odd, time: at + MINUTE },
    { workspace: 'green', status: 403, address: '2001:DB8::1', route: '/orders/{id}', time: at + 2 * MINUTE, request_id: `${key}/with a/slash`.replace(' ', '%') },
    { workspace: 'green', status: 500, address: '192.0.2.1', outcome: 'authorised', time: at + 80 * MINUTE },
    { workspace: 'default', status: 429, address: '192.0.2.3', time: at + 80 * MINUTE + 1 },
  ].map((row, index) => nativeLine({ key_id: key, request_id: `${key}-${index}`, ...row }));
  const idOf = (index: number) => rows[index]!.request_id;
  beforeAll(() => store(rows));

  it.each<[string, Record<string, string | number>, number[]]>([
    ['nothing but the key', {}, [4, 3, 2, 1, 0]],
    ['a workspace', { workspace: 'green' }, [3, 2]],
    ['a workspace that is not there', { workspace: 'red' }, []],
    ['a status', { status: 403 }, [2, 1]],
    ['an outcome', { outcome: 'forbidden' }, [2, 1]],
    ['an outcome that the gateway named', { outcome: 'authorised', status: 500 }, [3]],
    ['an outcome by status', { outcome: 'rate_limited' }, [4]],
    ['an address', { address: '192.0.2.1' }, [3, 0]],
    ['an IPv6 address as it is stored', { address: '2001:db8::1' }, [2]],
    ['a route', { route: '/orders/{id}' }, [2, 0]],
    ['a route with quotes, backslashes and SQL in it', { route: odd }, [1]],
    ['a request id', { request_id: `${key}-3` }, [3]],
    ['the last minutes', { last_n_minutes: 30 }, [4, 3]],
    ['a start, inclusive', { from: new Date(at + 80 * MINUTE).toISOString() }, [4, 3]],
    ['an end, exclusive', { to: new Date(at + 80 * MINUTE).toISOString() }, [2, 1, 0]],
    ['a range with offsets', { from: new Date(at + MINUTE).toISOString().replace('Z', '+00:00'), to: new Date(at + 2 * MINUTE + 1).toISOString() }, [2, 1]],
    ['a range in the first year', { from: '0001-01-01T00:00:00Z', to: '0001-02-01T00:00:00Z' }, []],
    ['a range that starts in the first year', { from: '0001-01-01T00:00:00Z' }, [4, 3, 2, 1, 0]],
    ['a range that ends in the last year', { to: '9999-12-31T23:59:59Z' }, [4, 3, 2, 1, 0]],
    ['a range that starts in the last year', { from: '9999-12-30T00:00:00Z' }, []],
    ['a range that ends in the first year', { to: '0001-01-01T00:00:00Z' }, []],
    ['several at once', { workspace: 'blue', status: 403, address: '192.0.2.2', outcome: 'forbidden' }, [1]],
    ['several that nothing fits', { workspace: 'blue', status: 403, address: '192.0.2.1' }, []],
  ])('finds by %s, newest first', async (_name, filter, expected) => {
    expect((await search({ key_id: key, ...filter })).map(({ request_id }) => request_id)).toEqual(expected.map(idOf));
  });

  const words = (asked: { include?: string[]; exclude?: string[] }) =>
    new URLSearchParams(Object.entries(asked).flatMap(([name, values]) => values.map((value): [string, string] => [name, value]))).toString();

  it.each<[string, { include?: string[]; exclude?: string[] }, number[]]>([
    ['one value', { include: ['status:403'] }, [2, 1]],
    ['several values of a field', { include: ['status:403', 'status:429'] }, [4, 2, 1]],
    ['values of several fields', { include: ['status:403', 'workspace:green'] }, [2]],
    ['values left out', { exclude: ['status:403', 'address:192.0.2.3'] }, [3, 0]],
    ['values taken in and left out', { include: ['address:192.0.2.1'], exclude: ['status:500'] }, [0]],
    ['a value with quotes, backslashes, colons and SQL in it', { include: [`route:${odd}`] }, [1]],
    ['a value that nobody has', { include: ["outcome:x' OR 1=1 --"] }, []],
    ['requests without a value', { include: ['country:'], exclude: ['workspace:blue', 'workspace:default'] }, [3, 2]],
  ])('finds by %s, and counts what it finds', async (_name, asked, expected) => {
    const query = `${words({ ...asked, include: [...asked.include ?? [], `key_id:${key}`] })}&from=${new Date(at - MINUTE).toISOString()}&to=${new Date(at + 81 * MINUTE).toISOString()}`;
    const { body } = await app.call<RequestLogPage>(`/v1/request-logs?${query}`);
    expect(body.data.map(({ request_id }) => request_id)).toEqual(expected.map(idOf));
    const { body: counts } = await app.call<RequestCounts>(`/v1/request-counts?${query}`);
    const { authorised, denied, rate_limited, error } = counts.totals;
    expect([authorised + denied + rate_limited + error, denied]).toEqual([expected.length, body.data.filter(({ outcome }) => outcome === 'forbidden').length]);
  });

  it('refuses words that name no field', async () => {
    for (const include of ['colour:red', 'status', '', '1=1:x']) expect([include, (await app.call(`/v1/request-logs?${words({ include: [include] })}`)).status]).toEqual([include, 400]);
  });

  it('notes whose key was looked at, however it was named', async () => {
    const named = newName('key');
    await app.call(`/v1/request-logs?${words({ include: [`key_id:${named}`, `key_id:${named}-2`] })}`);
    await app.call(`/v1/request-counts?${words({ include: [`key_id:${named}`] })}`);
    for (const [object_id, times] of [[named, 2], [`${named}-2`, 1]] as const) {
      const { body } = await app.call<AuditPage>(`/v1/audit-entries?object_id=${object_id}`);
      expect(body.data.map(({ action }) => action)).toEqual(Array.from({ length: times }, () => 'request_logs.searched'));
    }
  });

  it('shows and counts for a caller of some workspaces these alone, whatever it includes', async () => {
    const token = await tokenFor(['blue']);
    const query = `${words({ include: [`key_id:${key}`, 'workspace:green', 'workspace:blue'] })}&from=${new Date(at - MINUTE).toISOString()}&to=${new Date(at + 81 * MINUTE).toISOString()}`;
    expect((await app.call<RequestLogPage>(`/v1/request-logs?${query}`, { token })).body.data.map(({ workspace_id }) => workspace_id)).toEqual(['blue', 'blue']);
    expect((await app.call<RequestCounts>(`/v1/request-counts?${query}`, { token })).body.totals).toMatchObject({ authorised: 1, denied: 1 });
  });

  it('finds every row of a request id, whatever characters the id holds', async () => {
    const found = await app.call<RequestLogPage>(`/v1/request-logs/${encodeURIComponent(idOf(2))}`);
    expect(found.body.data).toEqual([expect.objectContaining({ request_id: idOf(2), workspace_id: 'green' })]);
    const odds = [`'`, `\\`, `"`, '{a:String}', '%00', '%2e%2e', 'ünïcödé', `\\'; SELECT 1 --`.replaceAll(' ', '_')].map((odd) => `${newName('odd')}${odd}`);
    await store(odds.map((request_id) => nativeLine({ request_id })));
    for (const id of odds) {
      expect((await app.call<RequestLogPage>(`/v1/request-logs/${encodeURIComponent(id)}`)).body.data?.map(({ request_id }) => request_id)).toEqual([id]);
      expect(await search({ request_id: id })).toHaveLength(1);
    }
    for (const absent of ['not-there', 'a%00b', '%0A', '%ff', 'x'.repeat(513)]) {
      expect([400, 404, 414]).toContain((await app.call(`/v1/request-logs/${absent}`)).status);
    }
  });

  it.each<[Record<string, string | number>, string]>([
    [{ last_n_minutes: 5, from: '2026-01-01T00:00:00Z' }, 'last_n_minutes'], [{ last_n_minutes: 0 }, 'last_n_minutes'], [{ last_n_minutes: 1e9 }, 'last_n_minutes'],
    [{ from: 'yesterday' }, 'from'], [{ to: '2026-01-01' }, 'to'], [{ status: 'ok' }, 'status'], [{ outcome: 'fine' }, 'outcome'], [{ limit: 0 }, 'limit'],
    [{ limit: 1001 }, 'limit'], [{ key_id: 'a b' }, 'key_id'], [{ request_id: 'a\u0000' }, 'request_id'],
  ])('refuses %j with 400 and names the field', async (query, field) => {
    expect(await app.call(`/v1/request-logs?${queryOf(query)}`)).toMatchObject({ status: 400, body: { errors: [expect.objectContaining({ field })] } });
  });

  it('refuses an empty range, and a cursor that it did not give out', async () => {
    const same = '2026-01-01T00:00:00Z';
    expect(await app.call(`/v1/request-logs?${queryOf({ from: same, to: same })}`)).toMatchObject({ status: 400, body: { code: 'empty_range' } });
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    for (const cursor of ['x', encode([1]), encode([1, 'a', -1]), encode(['1', 'a', 0]), encode({}), encode([1, 'x'.repeat(129), 0]), encode([1, 'a', 1e300])]) {
      const answer = await app.call(`/v1/request-logs?${queryOf({ cursor, key_id: key })}`);
      expect([cursor, answer.status, answer.body['code']]).toEqual([cursor, 400, 'invalid_cursor']);
    }
  });

  it('shows a caller of some workspaces these and no others', async () => {
    const token = await tokenFor(['blue']);
    expect((await search({ key_id: key }, token)).map(({ request_id }) => request_id)).toEqual([idOf(1), idOf(0)]);
    expect(await search({ key_id: key, workspace: 'green' }, token)).toEqual([]);
    expect((await app.call(`/v1/request-logs/${encodeURIComponent(idOf(0))}`, { token })).status).toBe(200);
    for (const id of [idOf(2), idOf(4), 'not-there']) expect((await app.call(`/v1/request-logs/${encodeURIComponent(id)}`, { token })).status).toBe(404);
  });
});

describe('the pages of a search', () => {
  const identity = (row: RequestLog) => JSON.stringify(row);

  it('hold every row once, in order, even where times, ids and all else but one column are equal', async () => {
    const start = Date.now() - 10 * MINUTE;
    const few = <T>(...values: T[]) => fc.constantFrom(...values);
    const row = fc.record({
      time: few(start, start + 1, start + 2), request_id: few('a', 'b', 'ä', '🔑'), path: few('/a', '/b'), status: few(200, 404), method: few('GET', 'PUT'),
      latency_ms: few(1, 2, 3), user_agent: few('x', 'y'), workspace: few('blue', 'green'), attributes: few({}, { a: '1' }), bytes_out: few(1, 2),
    });
    await fc.assert(fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 80 }), fc.integer({ min: 1, max: 9 }), async (lines, limit) => {
      const key = newName('key');
      const stored = lines.map((line) => nativeLine({ ...line, key_id: key }));
      await store(stored.slice(0, Math.ceil(stored.length / 2)));
      if (stored.length > 1) await store(stored.slice(Math.ceil(stored.length / 2)));
      const all = await search({ key_id: key, limit: 1000 });
      const paged = await pages({ key_id: key, limit });
      expect(all).toHaveLength(lines.length);
      expect(paged.every((page, index) => page.length === limit || index === paged.length - 1)).toBe(true);
      expect(paged.flat().map(identity)).toEqual(all.map(identity));
      const times = all.map(({ time }) => Date.parse(time));
      expect(times).toEqual([...times].sort((a, b) => b - a));
    }), { numRuns: 12, endOnFailure: true });
  });

  it('stay true while rows come in, and hold each of thousands of rows with one time and one id', async () => {
    const [key, time] = [newName('key'), Date.now() - 5 * MINUTE];
    const same = (path: string) => nativeLine({ key_id: key, request_id: key, time, path });
    await store(Array.from({ length: 2_500 }, (_, index) => same(`/${index % 100}/${index}`)));
    const first = (await app.call<RequestLogPage>(`/v1/request-logs?key_id=${key}&limit=1000`)).body;
    await store(Array.from({ length: 50 }, () => nativeLine({ key_id: key, time: time + MINUTE })));
    const second = (await app.call<RequestLogPage>(`/v1/request-logs?key_id=${key}&limit=1000&cursor=${first.next_cursor}`)).body;
    const third = (await app.call<RequestLogPage>(`/v1/request-logs?key_id=${key}&limit=1000&cursor=${second.next_cursor}`)).body;
    expect(third.next_cursor).toBeNull();
    expect(new Set([first, second, third].flatMap(({ data }) => data.map(({ path }) => path))).size).toBe(2_500);
  });
});

describe('the activity of a key', () => {
  const activity = (key: string, query: Record<string, string | number> = {}, token?: string) =>
    app.call<Activity>(`/v1/api-keys/${encodeURIComponent(key)}/activity?${queryOf(query)}`, token === undefined ? {} : { token });

  it('adds up to the rows of its range, step by step, at every step width', async () => {
    const [key, now] = [newName('key'), Date.now()];
    const lines = Array.from({ length: 600 }, (_, index) => nativeLine({
      key_id: key, time: now - Math.trunc((index / 600) ** 4 * 300 * 24 * 60) * MINUTE, status: [200, 401, 403, 429, 500, 302][index % 6], address: `192.0.2.${index % 7}`,
      workspace: index % 2 ? 'blue' : 'green',
    }));
    await store(lines);
    for (const [minutes, step] of [[60, 1], [600, 5], [3_000, 15], [10_000, 30], [20_000, 60], [60_000, 180], [140_000, 360], [250_000, 720], [440_000, 1440]] as const) {
      const { body } = await activity(key, { last_n_minutes: minutes });
      const [from, to] = [Date.parse(body.from), Date.parse(body.to)];
      const within = lines.filter(({ time }) => time >= from && time < to);
      const count = (...statuses: number[]) => within.filter(({ status }) => statuses.includes(status as number)).length;
      expect(body).toMatchObject({
        key_id: key, step_minutes: step,
        totals: { requests: within.length, errors: count(500), denied: count(401, 403), rate_limited: count(429), addresses: new Set(within.map(({ address }) => address)).size },
      });
      expect(from).toBeLessThanOrEqual(now - minutes * MINUTE);
      expect(body.series.map(({ time }) => Date.parse(time))).toEqual(Array.from({ length: (to - from) / step / MINUTE }, (_, index) => from + index * step * MINUTE));
      for (const point of body.series) {
        const start = Date.parse(point.time);
        const inStep = within.filter(({ time }) => time >= start && time < start + step * MINUTE);
        expect([point.time, point.requests, point.addresses]).toEqual([point.time, inStep.length, new Set(inStep.map(({ address }) => address)).size]);
      }
      const rows = await pages({ key_id: key, from: body.from, to: body.to, limit: 1000 });
      expect(rows.flat()).toHaveLength(body.totals.requests);
    }
  });

  it('is that of the workspaces a caller may see, and 404 for keys that are not there', async () => {
    const key = newName('key');
    await store([nativeLine({ key_id: key, workspace: 'blue' }), nativeLine({ key_id: key, workspace: 'blue' }), nativeLine({ key_id: key, workspace: 'green' })]);
    expect((await activity(key)).body.totals.requests).toBe(3);
    expect((await activity(key, { workspace: 'green' })).body.totals.requests).toBe(1);
    const [blue, other] = [await tokenFor(['blue']), await tokenFor(['default'])];
    expect((await activity(key, {}, blue)).body.totals.requests).toBe(2);
    expect((await activity(key, { workspace: 'green' }, blue)).status).toBe(404);
    expect((await activity(key, {}, other)).status).toBe(404);
    expect((await activity(newName('key'))).status).toBe(404);
  });

  it('is zeros in a range without requests, also at the ends of the calendar, and 400 for a range too long', async () => {
    const key = newName('key');
    await store([nativeLine({ key_id: key, time: Date.now() }), nativeLine({ key_id: key, time: Date.UTC(2020, 0, 1) })]);
    for (const [from, to] of [['2021-03-01T00:00:00Z', '2021-03-02T00:00:00Z'], ['0001-01-01T00:00:00Z', '0001-06-01T00:00:00Z'], ['1960-01-01T00:00:00Z', '1960-03-01T00:00:00Z'],
      ['2110-01-01T00:00:00Z', '2110-12-01T00:00:00Z'], ['2156-02-01T00:00:00Z', '2156-03-01T00:00:00Z'], ['9999-01-01T00:00:00Z', '9999-12-31T23:59:59Z']] as const) {
      const { status, body } = await activity(key, { from, to });
      expect([from, status, body.totals?.requests]).toEqual([from, 200, 0]);
    }
    expect(await activity(key, { from: '2020-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' })).toMatchObject({ status: 400, body: { code: 'range_too_long' } });
  });
});
