import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Kafka, logLevel } from 'kafkajs';
import { KeyEvent, KeyEventPage } from '@keytrail/contracts';
import { newId } from '@keytrail/platform';
import { RetentionJob } from '@keytrail/postgres';
import { startTestApp, type TestApp } from '../support/app.js';
import { listenTo, type ListenedStream, type Told } from '../support/event-stream.js';
import { createTopic, describeWithKafka, sharedKafkaBroker } from '../support/kafka.js';
import { createPostgresDatabase, describeWithPostgres } from '../support/postgres.js';
import { describeOnBoth } from '../support/postgres-forms.js';
import { registryOf, type TestRegistry } from '../support/registry.js';
import { databaseOf, newName } from '../support/request-lines.js';
import { waitFor } from '../support/wait-for.js';

type Stream = ListenedStream<Partial<KeyEvent>> & { keys(): Told<Partial<KeyEvent>>[] };

async function listen(app: TestApp, token: string, path = '/v1/revocations', lastEventId?: string): Promise<Stream> {
  const stream = await listenTo<Partial<KeyEvent>>(app, token, path, lastEventId);
  return { ...stream, keys: () => stream.told.filter(({ event }) => event === 'key') };
}

describeOnBoth('the feed of keys', (env) => {
  let app: TestApp;
  let registry: TestRegistry;
  let gateway: string;
  const streams: Stream[] = [];

  beforeAll(async () => {
    app = await startTestApp(await env());
    registry = registryOf(app);
    gateway = await registry.token('gateway');
    await registry.workspace('other');
  });
  afterEach(() => {
    for (const stream of streams.splice(0)) stream.close();
  });
  afterAll(() => app?.stop());

  const page = async (query = '', token = gateway): Promise<KeyEventPage> => {
    const answer = await app.call<KeyEventPage>(`/v1/revocations${query}`, { token });
    expect([answer.status, answer.body]).toEqual([200, answer.body]);
    return KeyEventPage.strict().parse(answer.body);
  };
  const now = async () => (await page('?cursor=now')).next_cursor;
  const open = async (...more: string[]) => {
    const stream = await listen(app, gateway, ...more);
    streams.push(stream);
    return stream;
  };

  it('tells what became of a key, in order and without a secret', async () => {
    const start = await now();
    const key = await registry.key();
    await app.call(`/v1/api-keys/${key.key_id}`, { method: 'PATCH', body: { scopes: ['a'] } });
    const { body } = await app.call<{ replacement: { key_id: string } }>(`/v1/api-keys/${key.key_id}/revoke-and-replace`, { body: { reason: 'drill' } });
    const { data } = await page(`?cursor=${start}`);
    expect(data.filter(({ key_id }) => key_id === key.key_id).map(({ type }) => type)).toEqual(['created', 'changed', 'revoked']);
    expect(data.at(-1)).toMatchObject({ type: expect.stringMatching(/created|revoked/) });
    expect(data.find(({ type }) => type === 'revoked')).toMatchObject({ key_id: key.key_id, replaced_by: body.replacement.key_id, fingerprint: key.fingerprint, kind: 'api_key', workspace_id: 'default' });
    expect(data.map(({ position }) => position)).toEqual(data.map(({ position }) => position).sort((a, b) => a - b));
    expect(JSON.stringify(data)).not.toContain(key.secret);
  });

  it('goes on where a page ended, and always says where', async () => {
    const start = await now();
    const keys = [await registry.key(), await registry.key(), await registry.key()];
    const seen: string[] = [];
    let cursor = start;
    for (let more = true; more;) {
      const next = await page(`?cursor=${cursor}&limit=1`);
      seen.push(...next.data.map(({ key_id }) => key_id));
      ({ next_cursor: cursor, more } = next);
    }
    expect(seen).toEqual(keys.map(({ key_id }) => key_id));
    expect(await page(`?cursor=${cursor}`)).toMatchObject({ data: [], more: false, next_cursor: cursor });
  });

  it('shows a gateway its workspaces and the account, and nothing else', async () => {
    const theirs = await registry.token('gateway', ['other']);
    const start = await now();
    await registry.key();
    const mine = await registry.key({ workspace: 'other' });
    const { body: token } = await app.call<{ key_id: string }>('/v1/service-tokens', { body: { service: 'x', environment: 'production', owner_id: await registry.owner() } });
    const { data } = await page(`?cursor=${start}`, theirs);
    expect(data.map(({ key_id }) => key_id)).toEqual([mine.key_id, token.key_id]);
    expect((await app.call('/v1/revocations', { token: await registry.token('viewer') })).status).toBe(403);
  });

  it('refuses cursors that it never gave out', async () => {
    for (const cursor of ['x', 'MTIz!', Buffer.from('"a"').toString('base64url'), Buffer.from('-1').toString('base64url'), Buffer.from('1.5').toString('base64url')]) {
      expect([cursor, (await app.call(`/v1/revocations?cursor=${cursor}`, { token: gateway })).status]).toEqual([cursor, 400]);
    }
    const ahead = Buffer.from('999999999').toString('base64url');
    expect(await app.call(`/v1/revocations?cursor=${ahead}`, { token: gateway })).toMatchObject({ status: 410, body: { code: 'cursor_gone' } });
    expect((await listen(app, gateway, '/v1/revocations', ahead)).answer.statusCode).toBe(410);
  });

  it('streams what comes, and goes on after the last id that was seen', async () => {
    const first = await open();
    expect(first.answer.headers['content-type']).toContain('text/event-stream');
    await waitFor(first.current, { what: 'the stream to be current' });
    const key = await registry.key();
    const created = await waitFor(() => first.keys().find(({ data }) => data.key_id === key.key_id), { what: 'the new key' });
    first.close();
    await app.call(`/v1/api-keys/${key.key_id}`, { method: 'DELETE' });
    const second = await open('/v1/revocations', created.id);
    await waitFor(second.current, { what: 'the stream to be current again' });
    expect(second.keys().map(({ data }) => [data.type, data.key_id])).toEqual([['revoked', key.key_id]]);
    // `current` comes after what was missed.
    expect(second.told.map(({ event }) => event).slice(0, 2)).toEqual(['key', 'current']);
  });

  it('says again and again that it is current, so that silence means something', async () => {
    const stream = await open();
    await waitFor(() => stream.told.filter(({ event }) => event === 'current').length >= 3, { what: 'three signs of life' });
  });

  it('gives every stream the same events, none twice and none left out, while keys change all the time', async () => {
    const start = await now();
    const early = await open();
    const making = Promise.all(Array.from({ length: 40 }, () => registry.key()));
    const late = await Promise.all(Array.from({ length: 5 }, () => open(`/v1/revocations?cursor=${start}`)));
    await making;
    const { data } = await page(`?cursor=${start}&limit=1000`);
    expect(data).toHaveLength(40);
    for (const stream of late) {
      await waitFor(() => stream.keys().length >= 40, { what: 'all events' });
      expect(stream.keys().map(({ data: event }) => event.position)).toEqual(data.map(({ position }) => position));
    }
    await waitFor(() => early.keys().length >= 40, { what: 'all events of the first' });
    expect(new Set(early.keys().map(({ id }) => id)).size).toBe(40);
  });

  it('says so when events that somebody has not seen were deleted', async () => {
    const start = await now();
    const key = await registry.key();
    await databaseOf(app).updateTable('key_events').set({ at: new Date(0) }).where('key_id', '=', key.key_id).execute();
    await app.standalone.app.get(RetentionJob, { strict: false }).run();
    expect(await app.call(`/v1/revocations?cursor=${start}`, { token: gateway })).toMatchObject({ status: 410, body: { code: 'cursor_gone' } });
    expect((await page(`?cursor=${await now()}`)).data).toEqual([]);
    await registry.key();
    expect((await page('')).data).toHaveLength(1);
  });
});

describeWithPostgres('key events of transactions that overlap', () => {
  it('have positions in the order in which they become visible, so that no reader skips one', async () => {
    const database = await createPostgresDatabase();
    const app = await startTestApp({ KEYTRAIL_POSTGRES_URL: database.url });
    try {
      const registry = registryOf(app);
      const keys = await Promise.all(Array.from({ length: 8 }, () => registry.key()));
      const seen: number[] = [];
      const start = (await app.call<KeyEventPage>('/v1/revocations?cursor=now')).body.next_cursor;
      const state = { reading: true };
      const reader = (async () => {
        let cursor = start;
        while (state.reading || seen.length < 8 * 12) {
          const { body } = await app.call<KeyEventPage>(`/v1/revocations?cursor=${cursor}`);
          seen.push(...body.data.map(({ position }) => position));
          cursor = body.next_cursor;
        }
      })();
      // The first to write is not the first to commit: each waits for as long as it likes in between.
      await Promise.all(keys.map(async ({ key_id }, index) => {
        for (let round = 0; round < 12; round += 1) {
          await databaseOf(app).transaction().execute(async (transaction) => {
            await transaction.updateTable('credentials').set({ name: newId('key') }).where('key_id', '=', key_id).execute();
            for (let wait = 0; wait < (index * 7 + round * 3) % 8; wait += 1) await transaction.selectFrom('credentials').select('key_id').limit(1).execute();
          });
        }
      }));
      state.reading = false;
      await reader;
      expect(seen).toHaveLength(8 * 12);
      expect(new Set(seen).size).toBe(8 * 12);
    } finally {
      await app.stop();
      await database.drop();
    }
  }, 120_000);
});

describeWithKafka('the topic of key events', () => {
  it('has every event, in order for each key, also those of the time when nobody wrote', async () => {
    const { brokers } = await sharedKafkaBroker();
    const [topic, logs] = [newName('keytrail.key-events'), await createTopic(brokers)];
    const app = await startTestApp({ KEYTRAIL_KAFKA_BROKERS: brokers.join(','), KEYTRAIL_KAFKA_TOPICS: logs, KEYTRAIL_KAFKA_GROUP: newName('group'), KEYTRAIL_KAFKA_KEY_EVENTS_TOPIC: topic });
    const consumer = new Kafka({ clientId: 'test', brokers, logLevel: logLevel.NOTHING }).consumer({ groupId: newName('group') });
    try {
      const key = await registryOf(app).key();
      await app.call(`/v1/api-keys/${key.key_id}`, { method: 'PATCH', body: { scopes: ['a'] } });
      await app.call(`/v1/api-keys/${key.key_id}`, { method: 'DELETE' });
      await waitFor(async () => (await databaseOf(app).selectFrom('key_event_topics').selectAll().executeTakeFirst())?.position === 3, { what: 'the topic to have all', timeoutMs: 40_000 });
      const messages: { key: string; event: KeyEvent }[] = [];
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      await consumer.run({ eachMessage: async ({ message }) => {
        messages.push({ key: String(message.key), event: KeyEvent.strict().parse(JSON.parse(String(message.value))) });
      } });
      await waitFor(() => messages.length >= 3, { what: 'three messages', timeoutMs: 40_000 });
      expect(messages.map(({ key: of, event }) => [of, event.type])).toEqual([[key.key_id, 'created'], [key.key_id, 'changed'], [key.key_id, 'revoked']]);
    } finally {
      await consumer.disconnect();
      await app.stop();
    }
  }, 120_000);
});

describe('a process without brokers', () => {
  it('writes to no topic, and ends its streams when it stops', async () => {
    const app = await startTestApp();
    const registry = registryOf(app);
    const stream = await listen(app, await registry.token('gateway'));
    await waitFor(stream.current, { what: 'the stream to be current' });
    await registry.key();
    expect(await databaseOf(app).selectFrom('key_event_topics').selectAll().execute()).toEqual([]);
    await app.stop();
    await waitFor(stream.ended, { what: 'the end of the stream' });
  });
});
