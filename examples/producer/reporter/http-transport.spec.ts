import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { answerOf, httpTransport } from './http-transport.js';

const token = 'token-of-the-test';
const batch = { id: 'batch-1', lines: ['{"a":1}', '{"b":"ü"}'] };
const never = new AbortController().signal;

describe('a batch on its way over HTTP', () => {
  let server: Server;
  let url: string;
  let seen: { path: string; headers: IncomingHttpHeaders; body: string }[];
  let answer: { status: number; headers?: Record<string, string>; body?: string } | undefined;
  beforeEach(async () => {
    seen = [];
    answer = { status: 200, body: '{"received":2,"stored":1,"dead_lettered":1}' };
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
        seen.push({ path: request.url ?? '', headers: request.headers, body: gunzipSync(Buffer.concat(chunks)).toString() });
        if (answer) response.writeHead(answer.status, answer.headers).end(answer.body ?? '');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  it('is gzipped NDJSON under an Idempotency-Key, the same when it is sent again', async () => {
    const transport = httpTransport({ url, token, workspace: 'shop' });
    expect(await transport.send(batch, never)).toEqual({ kind: 'stored', stored: 1, dead_lettered: 1 });
    await transport.send(batch, never);
    expect(seen).toHaveLength(2);
    for (const { path, headers, body } of seen) {
      expect({ path, body }).toEqual({ path: '/v1/request-logs?workspace=shop', body: '{"a":1}\n{"b":"ü"}\n' });
      expect(headers).toMatchObject({
        'idempotency-key': 'batch-1', 'content-encoding': 'gzip', 'content-type': 'application/x-ndjson', authorization: `Bearer ${token}`,
      });
    }
  });

  it('follows no redirect: the token and the keys go to Keytrail only', async () => {
    answer = { status: 307, headers: { location: `${url}/elsewhere` } };
    expect(await httpTransport({ url, token }).send(batch, never)).toEqual({ kind: 'refused', reason: 'Keytrail answered 307' });
    expect(seen).toHaveLength(1);
  });

  it('does not wait for ever for an answer', async () => {
    answer = undefined;
    await expect(httpTransport({ url, token, timeoutMs: 50 }).send(batch, never)).rejects.toThrow('no answer in time');
  });

  it('ends when it is told to', async () => {
    answer = undefined;
    const stop = new AbortController();
    server.once('request', () => stop.abort(new Error('enough')));
    await expect(httpTransport({ url, token }).send(batch, stop.signal)).rejects.toThrow('enough');
  });
});

it.each(['http://keytrail.example', 'http://10.0.0.5:8080', 'http://127.0.0.1.example:8080'])('%s is refused: secrets would go over it in plain text', (url) => {
  expect(() => httpTransport({ url, token })).toThrow('https');
});

it.each(['https://keytrail.example', 'http://localhost:8080', 'http://127.0.0.1:8080', 'http://[::1]:8080'])('%s can be used', (url) => {
  expect(() => httpTransport({ url, token })).not.toThrow();
});

describe('an answer', () => {
  it.each([
    [200, { stored: 3, dead_lettered: 2 }, { kind: 'stored', stored: 3, dead_lettered: 2 }],
    [200, {}, { kind: 'stored', stored: 5, dead_lettered: 0 }],
    [422, { code: 'no_valid_lines', stored: 0, dead_lettered: 5 }, { kind: 'stored', stored: 0, dead_lettered: 5 }],
    [422, { code: 'idempotency_key_reused' }, { kind: 'refused', reason: 'Keytrail answered 422 idempotency_key_reused' }],
    [401, { code: 'unauthorised' }, { kind: 'refused', reason: 'Keytrail answered 401 unauthorised' }],
    [400, {}, { kind: 'refused', reason: 'Keytrail answered 400' }],
    [413, {}, { kind: 'too large' }],
    [429, {}, { kind: 'later', reason: 'Keytrail answered 429', afterMs: 7_000 }],
    [503, { code: 'store_unavailable' }, { kind: 'later', reason: 'Keytrail answered 503 store_unavailable', afterMs: 7_000 }],
    [500, {}, { kind: 'later', reason: 'Keytrail answered 500', afterMs: 7_000 }],
    [408, {}, { kind: 'later', reason: 'Keytrail answered 408', afterMs: 7_000 }],
  ])('of %i with %j', (status, body, expected) => {
    expect(answerOf(status, body, '7', 5, 0)).toEqual(expected);
  });
});
