import { createServer, request as forward, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import type { RequestLogPage } from '@keytrail/contracts';
import { Clock } from '@keytrail/platform';
import { Guard, type GuardOptions } from '../../examples/gateway/guard/guard.js';
import { playRecoveryBoard } from '../../examples/gateway/recovery-board.js';
import { createGateway } from '../../examples/gateway/service.js';
import { httpTransport } from '../../examples/producer/reporter/http-transport.js';
import { Reporter } from '../../examples/producer/reporter/reporter.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { registryOf, type TestRegistry } from '../support/registry.js';
import { waitFor } from '../support/wait-for.js';

/** Stands before Keytrail. What it may not pass on is broken off or left without an answer. */
async function startFront(target: string) {
  const state = { all: true, feed: true, stream: true, pages: true };
  const streams = new Set<{ destroy(): void }>();
  const server: Server = createServer((asked, answer) => {
    const isFeed = asked.url!.startsWith('/v1/revocations');
    const isStream = isFeed && (asked.headers.accept ?? '').includes('event-stream');
    if (!state.all || (isFeed && !state.feed) || (isStream && !state.stream) || (isFeed && !isStream && !state.pages)) {
      answer.destroy();
      return;
    }
    if (isStream) streams.add(answer);
    const onward = forward(`${target}${asked.url}`, { method: asked.method, headers: asked.headers, agent: false }, (reply) => {
      answer.writeHead(reply.statusCode!, reply.headers);
      reply.on('error', () => answer.destroy()).pipe(answer);
    });
    answer.on('close', () => onward.destroy()).on('error', () => undefined);
    onward.on('error', () => answer.destroy());
    asked.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, state,
    breakStreams() {
      for (const stream of streams) stream.destroy();
      streams.clear();
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('the guard of a gateway', () => {
  let app: TestApp;
  let registry: TestRegistry;
  let token: string;
  let front: Awaited<ReturnType<typeof startFront>>;
  let gateway: FastifyInstance;

  beforeAll(async () => {
    app = await startTestApp();
    registry = registryOf(app);
    token = await registry.token('gateway');
  });
  afterEach(async () => {
    await gateway?.close();
    await front?.close();
  });
  afterAll(() => app?.stop());

  async function start(options: Partial<GuardOptions> = {}): Promise<Guard> {
    const guard = await startDeaf(options);
    front.state.feed = true;
    await waitFor(() => guard.hearsRevocations, { what: 'the feed' });
    return guard;
  }
  /** The feed cannot be had yet. */
  async function startDeaf(options: Partial<GuardOptions> = {}): Promise<Guard> {
    front = await startFront(app.url);
    front.state.feed = false;
    const guard = new Guard({ url: front.url, token, silenceMs: 2_500, retryMs: 50, maxAgeWithoutFeedMs: 200, ...options });
    gateway = await createGateway({ guard, reporter: new Reporter({ transport: httpTransport({ url: app.url, token }), drop: 'drop-oldest', batch: { ageMs: 50 } }) });
    return guard;
  }
  const call = async (key?: string): Promise<[number, unknown]> => {
    const { statusCode, body } = await gateway.inject({ url: '/orders/7', headers: key === undefined ? {} : { authorization: `Bearer ${key}` } });
    return [statusCode, (JSON.parse(body) as { error?: string }).error];
  };
  const revoke = (keyId: string) => app.call(`/v1/api-keys/${keyId}`, { method: 'DELETE' });

  it('asks once, answers from memory, and refuses a revoked key as soon as the feed tells of it', async () => {
    // Before the feed begins: what is told of a key is a reason to ask again.
    const key = await registry.key();
    const guard = await start();
    for (let time = 0; time < 5; time += 1) expect(await call(key.secret)).toEqual([200, undefined]);
    expect(guard.counts).toEqual({ asked: 1, from_cache: 4 });
    await revoke(key.key_id);
    expect(await waitFor(async () => (await call(key.secret))[0] === 401, { what: 'the refusal', intervalMs: 10 })).toBe(true);
    expect(await call(key.secret)).toEqual([401, 'revoked']);
  });

  it('refuses what is no key, and lets nobody through while Keytrail cannot be asked', async () => {
    await start();
    expect(await call()).toEqual([401, 'no_key']);
    expect(await call(`kt_api_${'0'.repeat(36)}`)).toEqual([401, 'checksum_mismatch']);
    expect(await call('x'.repeat(5000))).toEqual([401, 'malformed']);
    front.state.all = false;
    expect(await call((await registry.key()).secret)).toEqual([503, 'cannot_tell']);
  });

  it('takes no answer from before the feed began for one that the feed would have ended', async () => {
    const guard = await startDeaf({ maxAgeWithoutFeedMs: 30_000 });
    const key = await registry.key();
    expect(await call(key.secret)).toEqual([200, undefined]);
    await revoke(key.key_id);
    Object.assign(front.state, { feed: true, pages: false });
    await waitFor(() => guard.hearsRevocations, { what: 'the feed' });
    expect(await call(key.secret)).toEqual([401, 'revoked']);
  });

  it('learns on reconnecting of a key that was revoked while the line was cut', async () => {
    const guard = await start();
    const key = await registry.key();
    expect(await call(key.secret)).toEqual([200, undefined]);
    front.state.all = false;
    front.breakStreams();
    await waitFor(() => !guard.hearsRevocations, { what: 'the loss of the feed' });
    await revoke(key.key_id);
    front.state.all = true;
    await waitFor(() => guard.hearsRevocations, { what: 'the feed' });
    expect(await call(key.secret)).toEqual([401, 'revoked']);
  });

  it('lets no answer outlive a revocation while the feed is down: it asks again after the short time', async () => {
    const guard = await start({ maxAgeWithoutFeedMs: 0 });
    const key = await registry.key();
    expect(await call(key.secret)).toEqual([200, undefined]);
    front.state.feed = false;
    front.breakStreams();
    await waitFor(() => !guard.hearsRevocations, { what: 'the loss of the feed' });
    expect(await call(key.secret)).toEqual([200, undefined]);
    await revoke(key.key_id);
    expect(await call(key.secret)).toEqual([401, 'revoked']);
  });

  it('asks for pages where no stream can be had', async () => {
    const guard = await start();
    const key = await registry.key();
    front.state.stream = false;
    front.breakStreams();
    await waitFor(() => !guard.hearsRevocations, { what: 'the loss of the stream', intervalMs: 1 });
    await waitFor(() => guard.hearsRevocations, { what: 'the pages', intervalMs: 1 });
    expect(await call(key.secret)).toEqual([200, undefined]);
    await revoke(key.key_id);
    await waitFor(async () => (await call(key.secret))[0] === 401, { what: 'the refusal', intervalMs: 10 });
  });

  it('reports requests by the id of their key, refused ones too', async () => {
    await start();
    const key = await registry.key();
    await call(key.secret);
    await revoke(key.key_id);
    await waitFor(async () => (await call(key.secret))[0] === 401, { what: 'the refusal' });
    const logs = () => app.call<RequestLogPage>(`/v1/request-logs?key_id=${key.key_id}`);
    await waitFor(async () => new Set((await logs()).body.data.map(({ status }) => status)).size === 2, { what: 'both in the request logs' });
  });
});

describe('the recovery board of three callers', () => {
  it('ends with one who moved at once, one who moved later and one who never did', async () => {
    const app = await startTestApp();
    try {
      const clock = app.standalone.app.get(Clock, { strict: false });
      const said: string[] = [];
      // Whoever follows the README has made this one before.
      await app.call('/v1/owners', { body: { name: 'orders', kind: 'team', contact: '#orders' } });
      const contained = await playRecoveryBoard({
        url: app.url, token: app.adminToken, everyMs: 400,
        say(text) {
          said.push(text);
          // A caller counts as moved when it has left the old key alone for a minute: nobody needs to wait for it here.
          if (/nightly-report.* failing .* [1-9]\d*$/m.test(text)) jest.spyOn(clock, 'now').mockImplementation(() => Date.now() + 61_000);
        },
      });
      const { callers } = contained.recovery!;
      const of = (name: string) => callers.find(({ user_agent }) => user_agent.startsWith(name))!;
      expect(callers).toHaveLength(3);
      expect(of('checkout')).toMatchObject({ state: 'healthy', on: null, old_refused: 0 });
      expect(of('nightly-report')).toMatchObject({ state: 'healthy', on: null });
      // Three calls with the old key; the first of them may be faster than the feed.
      expect(of('nightly-report').old_refused).toBeGreaterThanOrEqual(1);
      expect(of('legacy-sync')).toMatchObject({ state: 'failing', on: 'old', new_accepted: 0 });
      expect(of('legacy-sync').old_refused).toBeGreaterThan(of('nightly-report').old_refused);
      expect(contained.recovery).toMatchObject({ recovered: false, healthy: 2, failing: 1, silent: 0 });
      expect(contained.proof).toMatchObject({ nodes: [{ gateway_node: 'gateway-1' }] });
      expect(said.at(-1)).toContain('Recovery: not complete; 2 healthy, 1 failing, 0 silent.');
      expect(said.join('\n')).not.toContain('kt_api_');
    } finally {
      jest.restoreAllMocks();
      await app.stop();
    }
  }, 120_000);
});
