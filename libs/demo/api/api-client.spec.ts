import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { createApiClient } from './api-client.js';

const token = 'kt_token_never_to_be_seen';
const listen = (server: Server, port: number) => new Promise<void>((resolve) => { server.listen(port, '127.0.0.1', resolve); });
const close = (server: Server) => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); });

describe('the API client', () => {
  let server: Server;
  let port: number;
  let answer: { status: number; body: string };
  let sleeps: number[];
  let onSleep: (() => Promise<void>) | undefined;
  beforeEach(async () => {
    answer = { status: 200, body: '{"ok":true}' };
    sleeps = [];
    onSleep = undefined;
    server = createServer((_request, response) => { response.writeHead(answer.status).end(answer.body); });
    await listen(server, 0);
    port = (server.address() as AddressInfo).port;
  });
  afterEach(() => close(server));

  const client = (timeoutMs?: number) => createApiClient({
    baseUrl: `http://127.0.0.1:${port}/`, token, ...(timeoutMs === undefined ? {} : { timeoutMs }),
    clock: { now: () => 0, sleep: async (milliseconds) => { sleeps.push(milliseconds); await onSleep?.(); } },
  });
  const ask = (timeoutMs?: number) => client(timeoutMs).request('GET', '/v1/thing', z.object({ ok: z.boolean() }));

  it('waits for a server that is not there yet', async () => {
    await close(server);
    onSleep = () => listen(server, port);
    expect(await ask()).toEqual({ ok: true });
    expect(sleeps).toEqual([250]);
  });

  it('gives up on a server that never comes, and says where it looked', async () => {
    await close(server);
    await expect(ask()).rejects.toThrow(`cannot reach http://127.0.0.1:${port}: connection refused; is Keytrail running there?`);
    expect(sleeps).toHaveLength(9);
    await listen(server, port);
  });

  it('tells a problem in one line, without the token', async () => {
    answer = { status: 400, body: JSON.stringify({
      title: 'Bad request', detail: 'The body is wrong', status: 400, code: 'bad_request', request_id: 'req_1', errors: [{ field: 'name', message: 'is needed' }],
    }) };
    await expect(ask()).rejects.toMatchObject({
      message: 'GET /v1/thing answered 400: Bad request: The body is wrong: name: is needed (request req_1)', code: 'bad_request', status: 400,
    });
    answer = { status: 401, body: '<html>' };
    await expect(ask()).rejects.toThrow('GET /v1/thing answered 401: the access token is missing or not valid');
  });

  it('refuses an answer that is not what was asked for', async () => {
    answer = { status: 200, body: '<html>a proxy</html>' };
    await expect(ask()).rejects.toMatchObject({ code: 'unexpected_answer' });
  });

  it('does not wait for ever for an answer', async () => {
    server.removeAllListeners('request');
    await expect(ask(20)).rejects.toThrow('no answer in time');
  });

  it('stops with the reason of the signal', async () => {
    const stop = new AbortController();
    server.removeAllListeners('request').once('request', () => { stop.abort(new Error('enough')); });
    await expect(client().request('GET', '/v1/thing', z.unknown(), { signal: stop.signal })).rejects.toThrow('enough');
  });
});
