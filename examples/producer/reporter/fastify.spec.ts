import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { reportRequests, type ReportRequestsOptions } from './fastify.js';
import { Reporter } from './reporter.js';

/** A reporter that sends nothing, and the lines it was given. */
function setUp(options: Partial<ReportRequestsOptions> = {}) {
  const lines: Record<string, unknown>[] = [];
  const reporter = new Reporter({
    drop: 'drop-oldest', log: () => undefined,
    transport: {
      async send(batch) {
        lines.push(...batch.lines.map((line) => JSON.parse(line) as Record<string, unknown>));
        return { kind: 'stored', stored: batch.lines.length, dead_lettered: 0 };
      },
    },
  });
  const server = new FastifyAdapter().getInstance() as unknown as FastifyInstance;
  server.register(reportRequests, { reporter, ...options });
  server.get('/orders/:id', () => ({ ok: true }));
  server.get('/fails', () => { throw new Error('broken'); });
  return { server, reported: async () => { await reporter.close(); return lines; } };
}

describe('a Fastify server that reports its requests', () => {
  let servers: FastifyInstance[];
  beforeEach(() => { servers = []; });
  afterEach(() => Promise.all(servers.map((server) => server.close())));
  const start = (options?: Partial<ReportRequestsOptions>) => {
    const made = setUp(options);
    servers.push(made.server);
    return made;
  };

  it('tells what Keytrail wants to know, without the query string and without headers that were not asked for', async () => {
    const { server, reported } = start();
    const before = Date.now();
    await server.inject({ url: '/orders/7?token=hush', headers: { 'x-api-key': 'k1', 'user-agent': 'sdk/1', origin: 'https://shop.example', referer: 'https://shop.example/a?token=hush', cookie: 'hush' } });
    const [line, ...others] = await reported();
    expect(others).toEqual([]);
    expect(line).toMatchObject({
      request_id: 'req-1', method: 'GET', path: '/orders/7', route: '/orders/:id', status: 200, key: 'k1', user_agent: 'sdk/1', origin: 'https://shop.example', referer: 'https://shop.example/a',
      address: '127.0.0.1', bytes_out: 11,
    });
    expect(line?.['time']).toBeGreaterThanOrEqual(before - 1);
    expect(JSON.stringify(line)).not.toContain('hush');
  });

  it('reports every route and outcome, wherever it was registered', async () => {
    const { server, reported } = start();
    for (const url of ['/fails', '/nowhere', '/orders/1']) await server.inject({ url });
    expect((await reported()).map(({ status }) => status)).toEqual([500, 404, 200]);
  });

  it('sends the query when it is told to', async () => {
    const { server, reported } = start({ withQuery: true });
    await server.inject({ url: '/orders/7?page=2' });
    expect((await reported())[0]).toMatchObject({ path: '/orders/7?page=2' });
  });

  it.each([
    [{ authorization: 'Bearer k1' }, 'k1'], [{ authorization: 'bearer   k1 ' }, 'k1'], [{ 'x-api-key': 'k2' }, 'k2'],
    [{ authorization: 'Bearer k1', 'x-api-key': 'k2' }, 'k1'], [{ authorization: 'Basic dTpw' }, undefined], [{}, undefined],
  ])('finds the key in %j', async (headers, key) => {
    const { server, reported } = start();
    await server.inject({ url: '/orders/7', headers: headers as Record<string, string> });
    expect((await reported())[0]?.['key']).toBe(key);
  });

  it('leaves the key at home where the service names it', async () => {
    const { server, reported } = start({ describe: () => ({ key_id: 'key-7' }) });
    await server.inject({ url: '/orders/7', headers: { authorization: 'Bearer hush' } });
    const [line] = await reported();
    expect(line).toMatchObject({ key_id: 'key-7' });
    expect(JSON.stringify(line)).not.toContain('hush');
  });

  it('answers and reports all the same when the service cannot describe a request', async () => {
    const broken = () => { throw new Error('broken'); };
    const { server, reported } = start({ describe: broken, ignore: broken });
    expect((await server.inject({ url: '/orders/7', headers: { 'x-api-key': 'hush' } })).statusCode).toBe(200);
    const lines = await reported();
    expect(lines).toEqual([expect.objectContaining({ path: '/orders/7' })]);
    expect(JSON.stringify(lines)).not.toContain('hush');
  });
});
