import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import type { KeyEvent, KeyEventPage } from '@keytrail/contracts';
import { KeyFeed } from '@keytrail/credentials';
import { startTestApp, type TestApp } from '../support/app.js';
import { consume } from '../support/kafka-messages.js';
import { createTopic, describeWithOwnKafka, startKafkaBroker, type OwnKafkaBroker } from '../support/kafka.js';
import { registryOf } from '../support/registry.js';
import { databaseOf, newName } from '../support/request-lines.js';
import { waitFor } from '../support/wait-for.js';

/** A client that reads only when it is told to. */
function listenRaw(app: TestApp, token: string, from: string) {
  const { hostname, port } = new URL(app.url);
  const socket: Socket = connect({ host: hostname, port: Number(port) });
  const state = { text: '', closed: false };
  socket.setEncoding('utf8').on('data', (part: string) => {
    state.text += part;
  }).on('error', () => undefined).on('close', () => {
    state.closed = true;
  });
  socket.write(`GET /v1/revocations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nAccept: text/event-stream\r\nLast-Event-ID: ${from}\r\n\r\n`);
  return {
    state, socket,
    // Chunked: sizes stand between the parts of an event, which are written whole.
    heard: () => [...state.text.matchAll(/event: key\nid: (\S+)\ndata: \{"position":(\d+)/g)].map(([, id = '', position]) => ({ id, position: Number(position) })),
  };
}

describe('streams of key events that are not read as fast as events come', () => {
  let app: TestApp;
  let gateway: string;
  beforeAll(async () => {
    app = await startTestApp();
    gateway = await registryOf(app).token('gateway');
  });
  afterAll(() => app?.stop());

  const cursorNow = async () => (await app.call<KeyEventPage>('/v1/revocations?cursor=now', { token: gateway })).body.next_cursor;
  /** As many changes of keys, committed at once; `bytes` is the length of each name. */
  const change = async (count: number, bytes: number): Promise<number[]> => {
    const { rows } = await sql<{ position: number }>`INSERT INTO key_events SELECT nextval('key_event_positions'), now(), 'revoked', 'key_x', 'api_key', 'default', 'fp_x',
      repeat('n', ${bytes}), NULL, now(), NULL, NULL FROM generate_series(1, ${count}) RETURNING position`.execute(databaseOf(app));
    return rows.map(({ position }) => position);
  };

  it('are told everything when they come back thousands of events later, and what comes in a burst', async () => {
    const from = await cursorNow();
    const missed = await change(5_000, 300);
    const stream = listenRaw(app, gateway, from);
    await waitFor(() => stream.heard().length >= missed.length, { what: 'what was missed', timeoutMs: 30_000 });
    await waitFor(() => stream.state.text.includes('event: current'), { what: 'the stream to be current' });
    const burst = await change(5_000, 300);
    await waitFor(() => stream.heard().length >= missed.length + burst.length, { what: 'the burst', timeoutMs: 30_000 });
    expect(stream.heard().map(({ position }) => position)).toEqual([...missed, ...burst]);
    stream.socket.destroy();
  }, 90_000);

  it('are cut when nothing is read for long, and go on after the last event that was read without a miss', async () => {
    const from = await cursorNow();
    const slow = listenRaw(app, gateway, from);
    await waitFor(() => slow.state.text.includes('event: current'), { what: 'the stream to be current' });
    slow.socket.pause();
    const told = await change(8_000, 4_000);
    // Others hear of it all the same.
    const quick = listenRaw(app, gateway, from);
    await waitFor(() => quick.heard().length >= told.length, { what: 'another stream to have all', timeoutMs: 40_000 });
    quick.socket.destroy();
    const late = await change(1, 10);
    await waitFor(() => connectionsOf(app) === 0, { what: 'the connection to be cut', timeoutMs: 40_000 });
    slow.socket.resume();
    await waitFor(() => slow.state.closed, { what: 'the end of what was sent' });
    const read = slow.heard();
    expect(read.length).toBeLessThan(told.length);
    const again = listenRaw(app, gateway, read.at(-1)?.id ?? from);
    await waitFor(() => again.heard().length + read.length >= told.length + 1, { what: 'the rest', timeoutMs: 40_000 });
    expect([...read, ...again.heard()].map(({ position }) => position)).toEqual([...told, ...late]);
    again.socket.destroy();
  }, 150_000);
});

/** Streams that the server still holds. */
const connectionsOf = (app: TestApp): number => app.standalone.app.get(KeyFeed, { strict: false }).listeners;

describeWithOwnKafka('the topic of key events while its broker is away', () => {
  let broker: OwnKafkaBroker;
  let app: TestApp;
  afterAll(async () => {
    await app?.stop();
    await broker?.stop();
  });

  it('has every event once the broker is back, in order for each key', async () => {
    broker = await startKafkaBroker();
    const { brokers } = broker;
    const [topic, logs] = [newName('keytrail.key-events'), await createTopic(brokers)];
    app = await startTestApp({ KEYTRAIL_KAFKA_BROKERS: brokers.join(','), KEYTRAIL_KAFKA_TOPICS: logs, KEYTRAIL_KAFKA_GROUP: newName('group'), KEYTRAIL_KAFKA_KEY_EVENTS_TOPIC: topic });
    const registry = registryOf(app);
    const settled = async () => (await databaseOf(app).selectFrom('key_event_topics').select('position').executeTakeFirst())?.position;
    const before = await registry.key();
    await waitFor(async () => await settled() === 1, { what: 'the first event in the topic', timeoutMs: 40_000 });
    await broker.kill();
    await app.call(`/v1/api-keys/${before.key_id}`, { method: 'DELETE' });
    const meanwhile = await Promise.all(Array.from({ length: 5 }, () => registry.key()));
    for (const { key_id } of meanwhile) await app.call(`/v1/api-keys/${key_id}`, { method: 'DELETE' });
    expect(await settled()).toBe(1);
    await broker.restart();
    await waitFor(async () => await settled() === 12, { what: 'all events in the topic', timeoutMs: 90_000 });
    const messages = (await consume(brokers, topic, 12)).map(({ key, value }) => ({ key, event: JSON.parse(value) as KeyEvent }));
    // At least once: one that was on its way when the broker went may be there twice.
    expect(new Set(messages.map(({ event }) => event.position))).toEqual(new Set(Array.from({ length: 12 }, (_, index) => index + 1)));
    for (const { key_id } of [before, ...meanwhile]) {
      expect([...new Set(messages.filter(({ key }) => key === key_id).map(({ event }) => event.type))]).toEqual(['created', 'revoked']);
    }
  }, 240_000);
});
