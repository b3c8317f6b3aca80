import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Problem } from '@keytrail/contracts';
import { Credentials } from '@keytrail/credentials';
import { startTestApp, type Answer, type TestApp } from '../support/app.js';
import { callFrom, registryOf } from '../support/registry.js';

const MiB = 1024 * 1024;

describe('every refusal', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.stop());

  /** What holds of each: RFC 9457, a stable code, the id of the request, and nothing of the inside. */
  function expectProblem(answer: Answer<unknown>, status: number, code: string): void {
    const problem = Problem.parse(answer.body);
    expect(problem).toMatchObject({ status, code, type: `urn:keytrail:problem:${code}`, title: expect.stringMatching(/^[A-Z]/) });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(problem.request_id).toBe(answer.headers.get('x-request-id'));
    expect(problem.request_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(JSON.stringify(problem)).not.toMatch(/node_modules|\.js:|\.ts:|\n\s+at |FST_ERR|SELECT|stack|zod/);
  }
  const post = (body: unknown, headers: Record<string, string> = {}, path = '/v1/owners') => app.call<unknown>(path, { method: 'POST', body, headers });

  it('for who calls: 401, 403, 404, 429', async () => {
    expectProblem(await callFrom(app, '10.5.0.1', '/v1/rules', { token: null }), 401, 'unauthenticated');
    expectProblem(await app.call('/v1/audit-entries', { token: await registryOf(app).token('viewer') }), 403, 'forbidden');
    expectProblem(await app.call('/v1/api-keys/key_0'), 404, 'not_found');
    expectProblem(await app.call('/v1/nothing'), 404, 'not_found');
    expectProblem(await app.call('/'), 404, 'not_found');
    expectProblem(await app.call('/v1/rules', { method: 'DELETE' }), 404, 'not_found');
    for (let call = 0; call < 30; call += 1) await callFrom(app, '10.5.0.1', '/v1/rules', { token: null });
    expectProblem(await callFrom(app, '10.5.0.1', '/v1/rules', { token: null }), 429, 'too_many_failures');
  });

  it.each<[string, string | Buffer]>([
    ['cut off', '{"name":'], ['not JSON', 'name=x'], ['two documents', '{}{}'], ['a comment', '{/**/}'], ['arrays nested 300,000 deep', '['.repeat(300_000)],
    ['closed arrays nested 300,000 deep', '['.repeat(300_000) + ']'.repeat(300_000)], ['objects nested 100,000 deep', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['invalid UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22])], ['overlong UTF-8', Buffer.from([0x22, 0xc0, 0xaf, 0x22])], ['UTF-16', Buffer.from('{}', 'utf16le')],
    ['half a character', '{"name":"\\ud800","kind":"team","contact":"c"}'], ['NUL outside a string', '{}\u0000'],
  ])('for a body that is no JSON: %s', async (_, body) => {
    expectProblem(await post(body), 400, 'invalid_json');
  });

  it.each<[string, string]>([
    ['empty', ''], ['null', 'null'], ['an array', '[]'], ['a string', '"x"'], ['a number', '1e999'], ['wrong types', '{"name":1,"kind":[],"contact":{}}'],
    ['NUL in a string', '{"name":"a\\u0000","kind":"team","contact":"c"}'], ['too long', JSON.stringify({ name: 'x'.repeat(121), kind: 'team', contact: 'c' })],
    ['only a prototype', '{"__proto__":{"name":"x","kind":"team","contact":"c"}}'], ['only a constructor', '{"constructor":{"prototype":{"name":"x"}}}'],
  ])('for a body that does not fit: %s', async (_, body) => {
    const answer = await post(body);
    expectProblem(answer, 400, 'invalid_request');
    expect((answer.body as Problem).errors!.length).toBeGreaterThan(0);
  });

  it('takes no prototype from a body', async () => {
    const made = await post('{"__proto__":{"polluted":true},"name":"Proto","kind":"team","contact":"c"}');
    expect(made.status).toBe(201);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('says for every field at once what is wrong, and repeats no value', async () => {
    const secret = 'kt_api_super-secret-value';
    const answer = await post({ name: 'x'.repeat(200) + secret, kind: secret, contact: { secret } });
    expectProblem(answer, 400, 'invalid_request');
    expect((answer.body as Problem).errors!.map(({ field }) => field)).toEqual(['name', 'kind', 'contact']);
    const key = await post({ workspace: `${secret} `, service: secret, owner_id: `${secret} `, scopes: [`${secret} `], expires_at: secret }, {}, '/v1/api-keys');
    expectProblem(key, 400, 'invalid_request');
    expect(JSON.stringify([answer.body, key.body])).not.toContain(secret);
  });

  it('for content it does not take: 415', async () => {
    for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonp', 'nonsense', 'text/json']) {
      expectProblem(await post('{}', { 'content-type': type }), 415, 'unsupported_media_type');
    }
    expectProblem(await post('{}', { 'content-encoding': 'gzip' }), 415, 'unsupported_media_type');
    expect((await post('{"name":"J","kind":"team","contact":"c"}', { 'content-type': 'application/merge-patch+json; charset=utf-8' })).status).toBe(201);
  });

  it('for bodies beyond the limit: 413', async () => {
    expectProblem(await post(JSON.stringify({ name: 'x'.repeat(MiB) })), 413, 'body_too_large');
    expectProblem(await sendHead('POST', '/v1/request-logs', { 'content-length': String(16 * MiB + 1), 'content-type': 'application/json' }), 413, 'body_too_large');
  });

  it('for addresses that no route can take: 400 and 414', async () => {
    for (const path of ['/v1/api-keys/%00', '/v1/incidents/a%00b', '/v1/request-logs/%0a', '/v1/api-keys/%7f/activity', '/v1/api-keys/%zz', '/v1/api-keys/%ED%A0%80', '/%']) {
      expectProblem(await sendHead('GET', path), 400, 'invalid_request');
    }
    expectProblem(await app.call('/v1/api-keys/%00', { method: 'DELETE' }), 400, 'invalid_request');
    expectProblem(await app.call(`/v1/api-keys/${'a'.repeat(513)}`), 414, 'uri_too_long');
  });

  it('for queries that do not fit: 400, with the field', async () => {
    for (const [query, field] of [['limit=0', 'limit'], ['limit=1001', 'limit'], ['limit=x', 'limit'], ['limit=1&limit=2', 'limit'], ['workspace=%00', 'workspace'], ['state=x', 'state'], [`cursor=${'x'.repeat(513)}`, 'cursor']]) {
      const answer = await app.call<Problem>(`/v1/api-keys?${query}`);
      expectProblem(answer, 400, 'invalid_request');
      expect(answer.body.errors).toMatchObject([{ field }]);
    }
  });

  it('for queries and bodies with fields that no schema knows: 400, with the field', async () => {
    const workspace = '/v1/workspaces';
    for (const [path, body, field] of [
      ['/v1/request-logs?last_n_minute=5', undefined, 'last_n_minute'], ['/v1/api-keys/key_0/activity?last_n_minute=5', undefined, 'last_n_minute'],
      ['/v1/request-logs?formt=kong', '{}', 'formt'], ['/v1/api-keys?owner=x', undefined, 'owner'], ['/v1/incidents?status=open', undefined, 'status'],
      ['/v1/findings?rule=x', undefined, 'rule'], ['/v1/audit-entries?object=x', undefined, 'object'], ['/v1/dead-letters?codes=x', undefined, 'codes'],
      [workspace, { name: 'x', environment: 'test', id: 'x' }, 'id'], ['/v1/owners', { name: 'x', kind: 'team', contact: 'c', mail: 'm' }, 'mail'],
      ['/v1/access-tokens', { name: 'x', role: 'viewer', workspace: 'default' }, 'workspace'],
      ['/v1/api-keys', { workspace: 'default', service: 's', owner_id: 'o', expires: null }, 'expires'], ['/v1/introspect', { token: 't', scopes: 'x' }, 'scopes'],
      ['/v1/api-keys/key_0/revoke-and-replace', { reason: 'r', incident: 'i' }, 'incident'],
    ] as const) {
      const answer = await app.call<Problem>(path, { ...(body !== undefined && { body }) });
      expectProblem(answer, 400, 'invalid_request');
      expect([path, answer.body.errors]).toEqual([path, [{ field, message: 'is not known here' }]]);
    }
    const gone = await app.call<Problem>('/v1/api-keys/key_0?reson=x', { method: 'DELETE' });
    expect(gone.body.errors).toMatchObject([{ field: 'reson' }]);
  });

  it('for what is no HTTP: 400 and 431 as problem+json, and the server goes on', async () => {
    for (const [bytes, status] of [
      ['nonsense\r\n\r\n', 400], ['GET / HTTP/9.9\r\n\r\n', 400], ['POST /v1/owners HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', 400],
      ['POST /v1/owners HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n', 400], [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ] as const) {
      const answer = await sendBytes(bytes);
      expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} [A-Z]`));
      expect(answer).toContain('Content-Type: application/problem+json');
      expect(Problem.parse(JSON.parse(answer.split('\r\n\r\n')[1]!))).toMatchObject({ status });
    }
    expect((await app.call('/v1/rules')).status).toBe(200);
  });

  it('for a failure of our own: 500 with the request id and nothing more; the log has the rest', async () => {
    const boom = jest.spyOn(app.standalone.app.get(Credentials, { strict: false }), 'get');
    let logged = '';
    const stream = jest.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
      logged += String(chunk);
      return true;
    });
    try {
      for (const thrown of [new Error('password=hunter2 at SELECT'), Object.assign(new Error('hunter2'), { statusCode: 503 }), 'hunter2', null, undefined, { message: 'hunter2', status: 200 }]) {
        boom.mockRejectedValueOnce(thrown);
        const answer = await app.call<Problem>('/v1/api-keys/key_0');
        expectProblem(answer, 500, 'internal_error');
        expect(JSON.stringify(answer.body)).not.toContain('hunter2');
        expect(logged).toContain(answer.body.request_id);
      }
      expect(logged).toContain('password=hunter2');
    } finally {
      boom.mockRestore();
      stream.mockRestore();
    }
  });

  /** Sends head only, with the path as it is; reads the answer. */
  function sendHead(method: string, path: string, headers: Record<string, string> = {}): Promise<Answer<unknown>> {
    const { hostname, port } = new URL(app.url);
    return new Promise((resolve, reject) => {
      const call = request({ hostname, port, method, path, headers: { authorization: `Bearer ${app.adminToken}`, ...headers } }, (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += String(chunk);
        });
        response.on('end', () => {
          resolve({ status: response.statusCode!, headers: new Headers(response.headers as Record<string, string>), body: JSON.parse(text) as unknown });
          call.destroy();
        });
      });
      call.on('error', reject);
      if ('content-length' in headers) call.flushHeaders();
      else call.end();
    });
  }

  function sendBytes(bytes: string): Promise<string> {
    const { hostname, port } = new URL(app.url);
    return new Promise((resolve, reject) => {
      let text = '';
      const socket = connect(Number(port), hostname, () => socket.write(bytes));
      socket.on('data', (chunk) => {
        text += String(chunk);
      });
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
  }
});
