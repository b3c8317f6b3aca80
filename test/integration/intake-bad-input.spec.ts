import { request, type OutgoingHttpHeaders } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { DeadLetterPage, IntakeResult, RequestLogPage } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../support/app.js';
import { clickhouseOf, countsOfKey, nativeLine, ndjson, newName, sameCounts } from '../support/request-lines.js';

const MEBIBYTE = 1024 * 1024;

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());
afterEach(async () => {
  expect(await app.call('/health/ready', { token: null })).toMatchObject({ status: 200, body: { status: 'up' } });
});

type Answer = IntakeResult & { code?: string };
const send = (body: unknown, options: { query?: string; headers?: Record<string, string> } = {}) =>
  app.call<Answer>(`/v1/request-logs${options.query ?? ''}`, { body, ...(options.headers && { headers: options.headers }) });
const gzipped = (body: Buffer) => send(body, { headers: { 'content-encoding': 'gzip' } });
const joined = (parts: (string | Buffer)[]) => Buffer.concat(parts.map((part) => Buffer.from(part)));

/** A body that goes out by hand, so that an answer which comes before the end of it is read. */
function upload(body: Buffer, headers: OutgoingHttpHeaders): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request(`${app.url}/v1/request-logs`, {
      method: 'POST', headers: { authorization: `Bearer ${app.adminToken}`, 'content-type': 'application/x-ndjson', ...headers },
    }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => { text += part; }).on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      response.on('error', reject);
    });
    call.on('error', reject);
    call.end(body);
  });
}

describe('bad lines between good ones', () => {
  const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
  const long = (bytes: number) => JSON.stringify(nativeLine({ request_id: 'long', path: `/${'x'.repeat(bytes)}` }));
  const line = (fields: Record<string, unknown>) => JSON.stringify(nativeLine(fields));
  const cases: [string, string | Buffer, string][] = [
    ['half an object', '{"time":"2026-01-01T00:00:00Z","request_id":', 'invalid_json'],
    ['an object and a half', `${line({})}{"`, 'invalid_json'],
    ['two objects', `${line({})} ${line({})}`, 'invalid_json'],
    ['a string', '"{}"', 'not_an_object'],
    ['null', 'null', 'not_an_object'],
    ['an empty array', '[[]]', 'not_an_object'],
    ['an empty object', '{}', 'invalid_field'],
    ['a status that is a word', line({ status: 'OK' }), 'invalid_field'],
    ['a status that is a fraction', line({ status: 200.5 }), 'invalid_field'],
    ['a status beyond any', line({ status: 1e300 }), 'invalid_field'],
    ['a path that is a number', line({ path: 7 }), 'invalid_field'],
    ['a path that is an object', line({ path: { a: 1 } }), 'invalid_field'],
    ['headers that are an array', line({ headers: [['a', 'b']] }), 'invalid_field'],
    ['negative bytes', line({ bytes_out: -1 }), 'invalid_field'],
    ['a count beyond 2^53', line({ bytes_out: 2 ** 60 }), 'invalid_field'],
    ['no request id', line({ request_id: undefined }), 'invalid_field'],
    ['an empty request id', line({ request_id: '' }), 'invalid_field'],
    ['the year 1970', line({ time: 0 }), 'time_out_of_range'],
    ['seconds for milliseconds', line({ time: 1_750_000_000 }), 'time_out_of_range'],
    ['the far future', line({ time: '2999-01-01T00:00:00Z' }), 'time_out_of_range'],
    ['the end of time', line({ time: 8.64e15 }), 'time_out_of_range'],
    ['beyond the end of time', line({ time: 1e300 }), 'invalid_field'],
    ['a time without an offset', line({ time: '2026-01-01T00:00:00' }), 'invalid_field'],
    ['the 30th of February', line({ time: '2026-02-30T00:00:00Z' }), 'invalid_field'],
    ['a line of 10 MB', long(10_000_000), 'too_long'],
    ['bytes that are no UTF-8', joined(['{"path":"', Buffer.from([0xff, 0xfe, 0xc0, 0x80]), '"}']), 'invalid_utf8'],
    ['NUL bytes', joined([line({}).slice(0, -1), Buffer.from([0, 0]), '}']), 'invalid_json'],
    ['nothing but NUL bytes', Buffer.alloc(4096), 'invalid_json'],
    ['an escaped NUL in an id', line({ request_id: 'a\u0000b' }), 'invalid_field'],
    ['an escaped NUL in a path', line({ path: '/a\u0000b' }), 'invalid_field'],
    ['nesting of 100 levels', deep(100), 'too_deep'],
    ['nesting of 150 000 levels', deep(150_000), 'too_deep'],
    ['150 000 open brackets', '['.repeat(150_000), 'too_deep'],
  ];

  it('cost themselves only: each is answered with its line and code, every neighbour is stored', async () => {
    const key = newName('key');
    const body = joined(cases.flatMap(([, bad]) => [line({ key_id: key }), '\n', bad, '\n']));
    const answer = await send(body, { headers: { 'content-type': 'application/x-ndjson' } });
    expect(answer).toMatchObject({ status: 200, body: { received: cases.length * 2, stored: cases.length, dead_lettered: cases.length } });
    expect(answer.body.errors.map((error, index) => [cases[index]?.[0], error.line, error.code]))
      .toEqual(cases.map(([name, , code], index) => [name, index * 2 + 2, code]));
    expect(await countsOfKey(clickhouseOf(app), key)).toEqual(sameCounts(cases.length));
    const letters = await app.call<DeadLetterPage>(`/v1/dead-letters?limit=${cases.length}`);
    expect(letters.body.data.map(({ code }) => code).reverse()).toEqual(cases.map(([, , code]) => code));
    for (const { payload } of letters.body.data) expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(8192);
  });

  it('cost themselves only as items of an array, too, unless they break its brackets: then nothing is stored by halves', async () => {
    for (const [name, bad, code] of cases) {
      const key = newName('key');
      const answer = await send(joined(['[', line({ key_id: key }), ',', bad, ',', line({ key_id: key }), ']']));
      const stored = (await countsOfKey(clickhouseOf(app), key)).rows;
      const isWhole = answer.status === 200;
      expect({ name, stored, errors: answer.body.errors.map((error) => [error.line, error.code]) })
        .toEqual({ name, stored: isWhole ? 2 : 0, errors: isWhole ? [[2, code]] : [[1, 'invalid_json']] });
    }
  });

  it('are kept once when they hold many requests, and each of these is counted', async () => {
    const marker = newName('marker');
    const answer = await send(`${JSON.stringify([nativeLine(), ...Array.from({ length: 5_000 }, () => ({ marker }))])}\n${line({})}`);
    expect(answer).toMatchObject({ status: 200, body: { received: 5_002, stored: 2, dead_lettered: 5_000 } });
    expect(answer.body.errors).toHaveLength(100);
    const letters = await app.call<DeadLetterPage>('/v1/dead-letters?limit=100');
    expect(letters.body.data.filter(({ payload }) => payload.includes(marker))).toEqual([expect.objectContaining({ position: expect.stringMatching(/ line 1$/) })]);
  });

  it('are kept with both of their ids when two lines share one: duplicate request ids are found together', async () => {
    const id = newName('twice');
    const lines = [nativeLine({ request_id: id, path: '/first' }), nativeLine({ request_id: id, path: '/second' }), nativeLine({ request_id: id, path: '/first' })];
    expect(await send(lines)).toMatchObject({ status: 200, body: { stored: 3 } });
    const found = await app.call<RequestLogPage>(`/v1/request-logs/${id}`);
    expect(found.body.data.map(({ path }) => path).sort()).toEqual(['/first', '/first', '/second']);
  });

  it('never cost a neighbour, whatever characters a line holds', async () => {
    const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) }));
    const anyLine = fc.record({
      path: anyText, user_agent: anyText, principal: anyText, route: anyText, referer: anyText, tenant: anyText, address: anyText, refusal_reason: anyText,
      request_id: anyText, key_id: anyText, gateway_node: anyText, environment: anyText, origin: anyText, key: anyText,
      attributes: fc.dictionary(anyText, fc.oneof(anyText, fc.double(), fc.boolean())), headers: fc.dictionary(anyText, anyText),
      latency_ms: fc.double(), status: fc.oneof(fc.integer(), fc.constant(200)), time: fc.oneof(fc.double(), fc.constant(Date.now())),
    }, { requiredKeys: [] });
    await fc.assert(fc.asyncProperty(fc.array(anyLine, { minLength: 1, maxLength: 60 }), async (odd) => {
      const key = newName('key');
      const answer = await send(ndjson([...odd.map((fields) => nativeLine(fields)), nativeLine({ key_id: key })]));
      expect(answer).toMatchObject({ status: 200, body: { received: odd.length + 1 } });
      expect(answer.body.stored + answer.body.dead_lettered).toBe(odd.length + 1);
      expect((await countsOfKey(clickhouseOf(app), key)).rows).toBe(1);
    }), { numRuns: 25, endOnFailure: true });
  });

  it('never cost a neighbour when they stand in hundreds of months', async () => {
    const key = newName('key');
    const months = Array.from({ length: 240 }, (_, month) => nativeLine({ key_id: key, time: Date.UTC(2006, month, 15) }));
    const headers = { 'idempotency-key': key };
    expect(await send(ndjson(months), { headers })).toMatchObject({ status: 200, body: { stored: 240 } });
    expect(await countsOfKey(clickhouseOf(app), key)).toEqual(sameCounts(240));
  });
});

describe('a body that cannot be read', () => {
  it.each([
    ['an unknown format', '?format=nginx', {}, 400, 'invalid_request'],
    ['two formats', '?format=kong&format=native', {}, 400, 'invalid_request'],
    ['a workspace with a space', '?workspace=a%20b', {}, 400, 'invalid_request'],
    ['an encoding that is not gzip', '', { 'content-encoding': 'br' }, 415, 'unsupported_content_encoding'],
    ['two encodings', '', { 'content-encoding': 'gzip, gzip' }, 415, 'unsupported_content_encoding'],
    ['an encoding that was not applied', '', { 'content-encoding': 'gzip' }, 400, 'invalid_gzip'],
    ['an Idempotency-Key with a space', '', { 'idempotency-key': 'a b' }, 400, 'invalid_idempotency_key'],
    ['an Idempotency-Key of 201 characters', '', { 'idempotency-key': 'k'.repeat(201) }, 400, 'invalid_idempotency_key'],
  ])('is refused as a whole: %s', async (_name, query, headers, status, code) => {
    const key = newName('key');
    expect(await send(nativeLine({ key_id: key }), { query, headers })).toMatchObject({ status, body: { code } });
    expect(await countsOfKey(clickhouseOf(app), key)).toEqual(sameCounts(0));
  });

  it.each([['nothing', ''], ['blanks', ' \n\t\r\n '], ['a byte order mark', '\ufeff'], ['an empty array', '[]']])('is 400 when it holds no line: %s', async (_name, body) => {
    expect(await send(body)).toMatchObject({ status: 400, body: { code: 'empty_batch' } });
    expect(await gzipped(gzipSync(body))).toMatchObject({ status: 400, body: { code: 'empty_batch' } });
  });

  it('is 400 when its gzip is cut short or damaged, and nothing of it is stored', async () => {
    const key = newName('key');
    const whole = gzipSync(ndjson(Array.from({ length: 2_000 }, () => nativeLine({ key_id: key }))));
    const damaged = Buffer.from(whole);
    damaged[Math.trunc(whole.length / 2)]! ^= 0xff;
    for (const body of [whole.subarray(0, whole.length - 9), whole.subarray(0, 10), damaged]) {
      expect(await gzipped(body)).toMatchObject({ status: 400, body: { code: 'invalid_gzip' } });
    }
    expect(await countsOfKey(clickhouseOf(app), key)).toEqual(sameCounts(0));
  });

  it('is 413 when it is larger than 16 MiB, announced or not', async () => {
    const body = Buffer.alloc(16 * MEBIBYTE + 1, 'x');
    for (const headers of [{ 'content-length': body.length }, { 'transfer-encoding': 'chunked' }]) {
      expect(await upload(body, headers)).toMatchObject({ status: 413, body: expect.stringContaining('"code":"body_too_large"') });
    }
  });

  it('is 413 when a small body would grow beyond 64 MiB', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * MEBIBYTE, ' '), { level: 9 });
    expect(bomb.length).toBeLessThan(MEBIBYTE);
    const answers = await Promise.all(Array.from({ length: 4 }, () => gzipped(bomb)));
    for (const answer of answers) expect(answer).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
  });

  it.each([
    ['lines', (many: number) => '{}\n'.repeat(many)],
    ['items of one array', (many: number) => `[${'0,'.repeat(many)}0]`],
    ['items of arrays in lines', (many: number) => `[${'0,'.repeat(many / 4)}0]\n`.repeat(4)],
  ])('is 413 when it holds too many %s, and does not become as many dead letters', async (_name, bodyOf) => {
    const before = (await app.call<DeadLetterPage>('/v1/dead-letters?limit=1')).body.data[0]?.dead_letter_id;
    const answer = await gzipped(gzipSync(bodyOf(1_000_000)));
    expect(answer).toMatchObject({ status: 413, body: { code: 'too_many_lines' } });
    expect((await app.call<DeadLetterPage>('/v1/dead-letters?limit=1')).body.data[0]?.dead_letter_id).toBe(before);
  });

  it('fills neither the memory nor the event loop when ten small ones grow at once: each is refused early', async () => {
    const bomb = gzipSync(`[${'0,'.repeat(32 * MEBIBYTE)}0]`.slice(0, 62 * MEBIBYTE), { level: 9 });
    expect(bomb.length).toBeLessThan(70 * 1024);
    const state = { done: false };
    let answered = 0;
    const bombs = Promise.all(Array.from({ length: 10 }, () => gzipped(bomb))).finally(() => { state.done = true; });
    while (!state.done) {
      await app.call('/health/live', { token: null });
      answered += 1;
    }
    const answers = await bombs;
    for (const { status, headers, body } of answers) {
      expect([[413, 'too_many_lines', null], [429, 'intake_busy', '1']]).toContainEqual([status, body.code, headers.get('retry-after')]);
    }
    expect(answers.map(({ status }) => status)).toContain(413);
    expect(answered).toBeGreaterThan(2);
    expect(await send(nativeLine())).toMatchObject({ status: 200 });
  });

  it.each(['\n', '\r\n', `${' '.repeat(500)}\n`])('is read in a time that grows with its size and not with its square: %j 90 000 times', async (blank) => {
    const started = performance.now();
    const answer = await gzipped(gzipSync(`${JSON.stringify(nativeLine())}\n${blank.repeat(90_000)}${JSON.stringify(nativeLine())}`));
    expect(answer).toMatchObject({ status: 200, body: { received: 2, stored: 2 } });
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it.each([
    ['good', 60_000, (key: string) => nativeLine({ key_id: key, path: `/?token=${key}` })],
    ['bad', 20_000, (key: string) => ({ [key]: `/?token=${key}` })],
  ])('holds nobody up: others are answered while a large batch of %s lines is taken in', async (_name, count, lineOf) => {
    const key = newName('key');
    const state = { done: false };
    let answered = 0;
    const large = gzipped(gzipSync(ndjson(Array.from({ length: count }, () => lineOf(key))))).finally(() => { state.done = true; });
    while (!state.done) {
      await app.call('/health/live', { token: null });
      answered += 1;
    }
    expect((await large).body).toMatchObject({ received: count });
    expect(answered).toBeGreaterThan(10);
  });
});
