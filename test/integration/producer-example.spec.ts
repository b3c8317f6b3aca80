import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Kafka, logLevel } from 'kafkajs';
import type { CreatedApiKey, RequestLogPage } from '@keytrail/contracts';
import { httpTransport } from '../../examples/producer/reporter/http-transport.js';
import { kafkaTransport } from '../../examples/producer/reporter/kafka-transport.js';
import type { ReporterModuleOptions } from '../../examples/producer/reporter/nest.js';
import { Reporter } from '../../examples/producer/reporter/reporter.js';
import { createService } from '../../examples/producer/service.js';
import { buildStandalone, startAppProcess, type AppProcess } from '../support/app-process.js';
import { startCutProxy, type CutProxy } from '../support/cut-proxy.js';
import { createTopic, describeWithKafka, sharedKafkaBroker } from '../support/kafka.js';
import { newName } from '../support/request-lines.js';
import { createTempDir, type TempDir } from '../support/temp-dir.js';
import { waitFor } from '../support/wait-for.js';

const TOKEN = 'the-administrator-of-this-test';
const INTAKE = /^POST \/v1\/request-logs/;

let directory: TempDir;
let keytrail: AppProcess;
let proxy: CutProxy;
let service: NestFastifyApplication | undefined;

beforeAll(async () => {
  await buildStandalone();
  directory = await createTempDir();
  keytrail = await startKeytrail();
  proxy = await startCutProxy({ host: '127.0.0.1', port: Number(new URL(keytrail.url).port) });
}, 240_000);
afterEach(async () => {
  await service?.close();
  service = undefined;
});
afterAll(async () => {
  await proxy?.close();
  await keytrail?.kill();
  await directory?.remove();
});

const startKeytrail = (env: Record<string, string> = {}) => startAppProcess('standalone', {
  KEYTRAIL_DATA_DIR: join(directory.path, 'data'), KEYTRAIL_ADMIN_TOKEN: TOKEN, UV_THREADPOOL_SIZE: '16', ...env,
});
/** At the address it had before, on the data it had. */
async function startAgain(env: Record<string, string> = {}): Promise<void> {
  keytrail = await startKeytrail({ KEYTRAIL_PORT: new URL(keytrail.url).port, ...env });
}

async function ask<T>(path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${keytrail.url}${path}`, {
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }, ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  });
  return await response.json() as T;
}

/** A running service that reports through the proxy, a few requests a batch, all under a key of its own. */
async function startService(options: Partial<ReporterModuleOptions> = {}) {
  const keyId = newName('key');
  const app = await createService({
    transport: httpTransport({ url: `http://127.0.0.1:${proxy.port}`, token: TOKEN, timeoutMs: 5_000 }), drop: 'drop-oldest',
    batch: { requests: 20, ageMs: 50 }, retry: { firstMs: 50, longestMs: 300 }, log: () => undefined,
    describe: () => ({ key_id: keyId }), ...options,
  });
  service = app;
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const reporter = app.get(Reporter, { strict: false });
  /** Calls it so often, one call after the other; the request ids, in order. */
  async function call(times: number, path = '/orders/7', key = 'not-a-key-of-anybody'): Promise<string[]> {
    const ids: string[] = [];
    for (let index = 0; index < times; index += 1) {
      const before = reporter.stats().reported;
      const response = await fetch(`${url}${path}`, { headers: { 'x-api-key': key, 'user-agent': 'orders-client/2' } });
      await response.arrayBuffer();
      expect(response.status).toBe(404);
      ids.push(String(response.headers.get('x-request-id')));
      await waitFor(() => reporter.stats().reported > before, { what: 'the report', intervalMs: 1 });
    }
    return ids;
  }
  const stored = (count: number) => waitFor(() => reporter.stats().stored >= count, { what: `${count} requests to be stored`, timeoutMs: 60_000 });
  /** Its request ids in Keytrail, sorted, as often as they are there. */
  async function idsInKeytrail(): Promise<string[]> {
    const ids: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: RequestLogPage = await ask(`/v1/request-logs?last_n_minutes=60&key_id=${keyId}${cursor && `&cursor=${cursor}`}`);
      ids.push(...page.data.map(({ request_id }) => request_id));
      cursor = page.next_cursor;
    }
    return ids.sort();
  }
  return { app, url, keyId, reporter, call, stored, idsInKeytrail };
}

describe('requests of a service that reports them', () => {
  it('are found in Keytrail by their ids, under the key that was presented and never with it', async () => {
    const owner = await ask<{ owner_id: string }>('/v1/owners', { name: 'orders', kind: 'team', contact: '#orders' });
    const key = await ask<CreatedApiKey>('/v1/api-keys', { workspace: 'default', service: 'orders', owner_id: owner.owner_id });
    const { call, stored } = await startService({ describe: undefined });
    const [id = ''] = await call(1, '/orders/7?page=2', key.secret);
    await stored(1);
    const { data } = await ask<RequestLogPage>(`/v1/request-logs/${id}`);
    expect(data).toEqual([expect.objectContaining({
      request_id: id, key_id: key.key_id, method: 'GET', path: '/orders/7', route: '/orders/:id', status: 404, outcome: 'error',
      address: '127.0.0.1', user_agent: 'orders-client/2',
    })]);
    expect(JSON.stringify(data)).not.toContain(key.secret);
  });

  it('name the key by its id where the service wants to keep the key to itself', async () => {
    const keyId = newName('key');
    const { call, stored } = await startService({ describe: () => ({ key_id: keyId, principal: 'svc-orders' }) });
    const [id = ''] = await call(1);
    await stored(1);
    const { data } = await ask<RequestLogPage>(`/v1/request-logs/${id}`);
    expect(data).toEqual([expect.objectContaining({ key_id: keyId, key_fingerprint: '', principal: 'svc-orders' })]);
  });

  it('are reported for refused and unknown addresses as well, and left out when told so', async () => {
    const { url, reporter, stored } = await startService({ ignore: (request) => request.url === '/reporter' });
    const ids = await Promise.all(['/orders/1', '/nowhere'].map(async (path) => String((await fetch(url + path)).headers.get('x-request-id'))));
    await fetch(`${url}/reporter`);
    await stored(2);
    expect(reporter.stats().reported).toBe(2);
    const found = await Promise.all(ids.map((id) => ask<RequestLogPage>(`/v1/request-logs/${id}`)));
    expect(found.map(({ data }) => data[0]?.outcome)).toEqual(['unauthorised', 'error']);
  });

  it('are served while Keytrail is down, and arrive exactly once when it is back', async () => {
    const { reporter, call, stored, idsInKeytrail } = await startService();
    const ids = await call(30);
    await stored(30);
    await keytrail.kill();
    ids.push(...await call(100));
    expect(reporter.stats()).toMatchObject({ stored: 30, dropped: 0 });
    await startAgain();
    await stored(130);
    expect(await idsInKeytrail()).toEqual(ids.sort());
  }, 120_000);

  it.each(['drop-oldest', 'drop-newest'] as const)('give way by %s when the buffer is full, and every loss is counted', async (drop) => {
    const { reporter, call, stored, idsInKeytrail } = await startService({ drop, buffer: { requests: 40 } });
    proxy.cut();
    const ids = await call(20);
    await waitFor(() => reporter.stats().sending > 0, { what: 'a batch on its way' });
    ids.push(...await call(80));
    const { sending, waiting, dropped } = reporter.stats();
    expect({ waiting, dropped }).toEqual({ waiting: 40, dropped: 100 - sending - 40 });
    proxy.restore();
    await stored(sending + 40);
    const survivors = [...ids.slice(0, sending), ...drop === 'drop-oldest' ? ids.slice(-40) : ids.slice(sending, sending + 40)];
    expect(await idsInKeytrail()).toEqual(survivors.sort());
    expect(reporter.stats()).toMatchObject({ reported: 100, stored: sending + 40, dropped, waiting: 0, sending: 0 });
  });

  it('are not doubled when Keytrail is killed after it stored a batch and before it said so', async () => {
    const { reporter, call, stored, idsInKeytrail } = await startService();
    const ids: string[] = [];
    for (let turn = 1; turn <= 2; turn += 1) {
      let answered = false;
      proxy.atAnswerTo(INTAKE, () => {
        proxy.cut(); // the answer is lost in any case
        answered = true;
      });
      ids.push(...await call(20));
      await waitFor(() => answered, { what: 'a batch to be stored' });
      await keytrail.kill();
      await startAgain();
      proxy.restore();
      await stored(20 * turn);
    }
    expect(reporter.stats().retries).toBeGreaterThanOrEqual(2);
    expect(await idsInKeytrail()).toEqual(ids.sort());
  }, 120_000);

  it('are sent before the service ends, and what Keytrail does not take in time is counted, not waited for', async () => {
    const { app, reporter, call, idsInKeytrail } = await startService({ batch: { requests: 1_000, ageMs: 60_000 } });
    const ids = await call(5);
    await app.close();
    expect(reporter.stats()).toMatchObject({ stored: 5, unsent: 0 });
    const late = await startService({ closeWithinMs: 100 });
    proxy.cut();
    await late.call(5);
    await late.app.close();
    proxy.restore();
    expect(late.reporter.stats()).toMatchObject({ stored: 0, unsent: 5, waiting: 0, sending: 0 });
    expect(await idsInKeytrail()).toEqual(ids.sort());
  });
});

describeWithKafka('requests that are reported over Kafka', () => {
  it('arrive exactly once', async () => {
    const { brokers } = await sharedKafkaBroker();
    const topic = await createTopic(brokers, { partitions: 2 });
    const { reporter, call, stored, idsInKeytrail } = await startService({
      transport: kafkaTransport({ kafka: new Kafka({ brokers, logLevel: logLevel.NOTHING }), topic }),
    });
    const ids = await call(50);
    await stored(50);
    expect(reporter.stats()).toMatchObject({ reported: 50, stored: 50, rejected: 0 });
    await keytrail.stop();
    await startAgain({ KEYTRAIL_KAFKA_BROKERS: brokers.join(','), KEYTRAIL_KAFKA_TOPICS: topic, KEYTRAIL_KAFKA_GROUP: `group-of-${topic}` });
    await waitFor(async () => (await idsInKeytrail()).length >= 50, { what: 'the requests', timeoutMs: 60_000, intervalMs: 200 });
    expect(await idsInKeytrail()).toEqual(ids.sort());
  }, 120_000);
});
