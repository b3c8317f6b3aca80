import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { CreatedApiKey, DeadLetter, DeadLetterPage, IntakeResult, RequestLogPage } from '@keytrail/contracts';
import { KafkaDeadLetters } from '@keytrail/kafka';
import { startTestApp, type TestApp } from '../support/app.js';
import { committedOffset, consume, endOf, produce } from '../support/kafka-messages.js';
import { createTopic, describeWithKafka, describeWithOwnKafka, sharedKafkaBroker, startKafkaBroker, type OwnKafkaBroker } from '../support/kafka.js';
import { allThatIsStored, clickhouseOf, countsOfKey, nativeLine, ndjson, newName, sameCounts } from '../support/request-lines.js';
import { createTempDir } from '../support/temp-dir.js';
import { waitFor } from '../support/wait-for.js';

const fixture = async (name: string) => readFile(new URL(`../../libs/request-logs/formats/fixtures/${name}`, import.meta.url), 'utf8');
const rowsOf = async (app: TestApp, key: string) => (await countsOfKey(clickhouseOf(app), key)).rows;
const untilStored = (app: TestApp, key: string, count: number, timeoutMs = 30_000) =>
  waitFor(async () => await rowsOf(app, key) >= count, { what: `${count} rows of ${key}`, timeoutMs });

/** Settings of a collector with topics, group and dead-letter topic of its own. */
async function kafkaSettings(brokers: string[], suffixes: readonly string[] = ['']) {
  const topics = await Promise.all(suffixes.map(() => createTopic(brokers)));
  const [group, deadLetters] = [newName('group'), await createTopic(brokers, { prefix: 'letters' })];
  const env = {
    KEYTRAIL_KAFKA_BROKERS: brokers.join(','), KEYTRAIL_KAFKA_TOPICS: topics.map((topic, index) => topic + suffixes[index]).join(', '),
    KEYTRAIL_KAFKA_GROUP: group, KEYTRAIL_KAFKA_DEAD_LETTER_TOPIC: deadLetters,
  };
  return { topics: topics as [string, ...string[]], group, deadLetters, env };
}

describeWithKafka('request logs from Kafka', () => {
  let app: TestApp;
  let brokers: string[];
  let settings: Awaited<ReturnType<typeof kafkaSettings>>;
  let topic: string;
  beforeAll(async () => {
    ({ brokers } = await sharedKafkaBroker());
    settings = await kafkaSettings(brokers, ['', '=kong@edge', '=cloudtrail@cloud']);
    topic = settings.topics[0];
    app = await startTestApp(settings.env);
    for (const workspace_id of ['edge', 'cloud']) await app.call('/v1/workspaces', { body: { workspace_id, name: workspace_id, environment: 'test' } });
  });
  afterAll(() => app?.stop());

  const letters = async () => (await app.call<DeadLetterPage>('/v1/dead-letters?limit=1000')).body.data;

  it('become the same rows as over HTTP, in every format and in every column but those that say where they came from', async () => {
    const owner = await app.call<{ owner_id: string }>('/v1/owners', { body: { name: newName('Team'), kind: 'team', contact: '#team' } });
    const ours = (await app.call<CreatedApiKey>('/v1/api-keys', { body: { workspace: 'edge', service: 'payments', owner_id: owner.body.owner_id } })).body;
    const native = [
      nativeLine({ key_id: undefined, key: ours.secret, status: 403 }), nativeLine({ time: new Date().toISOString(), outcome: 'rate_limited', latency_ms: 12.34, bytes_in: 5, bytes_out: 2 ** 40 }),
      nativeLine({ headers: { authorization: `Bearer ${ours.secret}`, 'user-agent': 'curl/8', origin: 'https://shop.example' }, address: '2001:db8::1', attributes: { a: 1, b: true } }),
      nativeLine({ path: `/ünïcödé?token=${randomBytes(16).toString('hex')}`, tenant: 'acme', environment: 'production', gateway_node: 'gw-1', principal: 'orders', refusal_reason: 'none' }),
    ];
    const sent: [string, string, string[]][] = [
      ['native', 'default', [...native.map((line) => JSON.stringify(line)), ndjson([nativeLine(), nativeLine()]), JSON.stringify([nativeLine(), nativeLine()]), JSON.stringify(nativeLine(), null, 2)]],
      ['kong', 'edge', [await fixture('kong.json'), ...(JSON.parse(await fixture('kong.json')) as unknown[]).map((entry) => JSON.stringify(entry))]],
      ['cloudtrail', 'cloud', (await fixture('cloudtrail.ndjson')).trim().split('\n')],
    ];
    const stored = { native: 0, kong: 0, cloudtrail: 0 } as Record<string, number>;
    for (const [index, [format, workspace, messages]] of sent.entries()) {
      for (const body of messages) {
        const answer = await app.call<IntakeResult>(`/v1/request-logs?format=${format}&workspace=${workspace}`, { body });
        expect(answer).toMatchObject({ status: 200, body: { dead_lettered: 0 } });
        stored[format]! += answer.body.stored;
      }
      await produce(brokers, settings.topics[index]!, messages);
    }
    expect(stored).toEqual({ native: 9, kong: 4, cloudtrail: 3 });
    const total = 16;
    const columns = `* EXCEPT (source, topic, partition, offset, batch_id, ingested_at)`;
    const rows = (source: string) => clickhouseOf(app).select<Record<string, unknown>>(`SELECT ${columns} FROM request_logs WHERE source = '${source}' ORDER BY ALL`);
    const fromKafka = await waitFor(async () => {
      const found = await rows('kafka');
      return found.length >= total ? found : undefined;
    }, { what: `${total} rows from Kafka` });
    expect(fromKafka).toEqual(await rows('http'));
    expect(fromKafka.map(({ workspace_id }) => workspace_id).sort()).toEqual([...Array(3).fill('cloud'), ...Array(8).fill('default'), ...Array(5).fill('edge')]);
    expect(fromKafka.filter(({ key_id }) => key_id === ours.key_id)).toHaveLength(1);
    expect(JSON.stringify(fromKafka)).not.toContain(ours.secret);
    const places = await clickhouseOf(app).select(`SELECT topic, partition, max(offset) AS last FROM request_logs WHERE source = 'kafka' GROUP BY 1, 2 ORDER BY last`);
    expect(places).toEqual([[2, 2], [1, 2], [0, 6]].sort((a, b) => a[1]! - b[1]!).map(([index, last]) => ({ topic: expect.any(String), partition: 0, last, ...(index === 0 && { topic }) })));
  });

  it('cost only themselves when they are bad: the good ones beside them are stored, and the bad ones told to the dead-letter topic, redacted', async () => {
    const [key, secret] = [newName('key'), `sk_live_${randomBytes(18).toString('hex')}`];
    const good = () => JSON.stringify(nativeLine({ key_id: key }));
    const bad: [string | Buffer | null, string][] = [
      [`{"apikey":"${secret}"`, 'invalid_json'], [JSON.stringify(nativeLine({ status: 'x', key: secret })), 'invalid_field'], [Buffer.from([0xff, 0x00, 0xfe]), 'invalid_utf8'],
      ['', 'not_an_object'], [null, 'not_an_object'], [' \n ', 'not_an_object'], ['"text"', 'not_an_object'], ['{"a":'.repeat(5_000), 'too_deep'], ['[[', 'invalid_json'],
      [JSON.stringify(nativeLine({ time: 0 })), 'time_out_of_range'], [JSON.stringify(nativeLine({ workspace: 'nowhere' })), 'unknown_workspace'],
    ];
    const start = await endOf(brokers, topic);
    await produce(brokers, topic, bad.flatMap(([value]) => [good(), value]));
    await untilStored(app, key, bad.length);
    const sent = await consume(brokers, settings.deadLetters, bad.length);
    const told = sent.map(({ value }) => JSON.parse(value) as DeadLetter);
    expect(told.map(({ position, code, sha256 }) => ({ position, code, sha256 }))).toEqual(bad.map(([value, code], index) => ({
      position: `${topic}/0/${start + index * 2 + 1} line 1`, code, sha256: createHash('sha256').update(value ?? '').digest('hex'),
    })));
    expect(sent.map((message) => message.key)).toEqual(told.map(({ position }) => position));
    for (const { reason, payload } of told) expect([reason, payload]).toEqual([expect.stringMatching(/\w/), expect.not.stringContaining(secret)]);
    const kept = await waitFor(async () => {
      const found = (await letters()).filter(({ position }) => position.startsWith(topic));
      return found.length >= bad.length ? found : undefined;
    }, { what: 'the dead letters' });
    expect(kept.reverse().map(({ position, code }) => [position, code])).toEqual(told.map(({ position, code }) => [position, code]));
    expect(await allThatIsStored(app)).not.toContain(secret);
    expect(await countsOfKey(clickhouseOf(app), key)).toEqual(sameCounts(bad.length));
  });

  it('get past more bad bytes than one request to the broker may hold', async () => {
    const key = newName('key');
    await produce(brokers, topic, Array.from({ length: 180 }, () => `x${randomBytes(6_000).toString('base64')}`));
    await produce(brokers, topic, [JSON.stringify(nativeLine({ key_id: key }))]);
    await untilStored(app, key, 1);
  });

  it('are taken whatever time their producer gave them', async () => {
    const key = newName('key');
    await produce(brokers, topic, ['0', '1', String(Date.now() - 10 * 86_400_000)].map((timestamp) => ({ timestamp, value: JSON.stringify(nativeLine({ key_id: key, time: Date.now() - 11 * 86_400_000 })) })));
    await untilStored(app, key, 3);
    await produce(brokers, topic, [{ timestamp: '0', value: JSON.stringify(nativeLine({ key_id: key })) }]);
    await untilStored(app, key, 4);
  });

  it('are committed only after the store has them: while it fails, the offset stays and nothing is lost or doubled', async () => {
    const [key, clickhouse] = [newName('key'), clickhouseOf(app)];
    await produce(brokers, topic, [JSON.stringify(nativeLine())]);
    const before = await endOf(brokers, topic);
    await waitFor(async () => await committedOffset(brokers, settings.group, topic) === before, { what: 'the collector to have caught up' });
    const insert = clickhouse.insertBlock.bind(clickhouse);
    const spy = jest.spyOn(clickhouse, 'insertBlock').mockRejectedValueOnce(new Error('the store is away'))
      // Stored, but the answer was lost: the batch comes again and must not count twice.
      .mockImplementationOnce(async (...args) => { await insert(...args); throw new Error('the answer was lost'); });
    try {
      await produce(brokers, topic, Array.from({ length: 20 }, () => JSON.stringify(nativeLine({ key_id: key }))));
      await waitFor(() => spy.mock.calls.length >= 2, { what: 'two attempts to store' });
      expect(await committedOffset(brokers, settings.group, topic)).toBe(before);
      await waitFor(async () => await committedOffset(brokers, settings.group, topic) === before + 20, { what: 'the offset after the store' });
      expect(spy.mock.calls.length).toBeGreaterThanOrEqual(3);
    } finally {
      spy.mockRestore();
    }
    expect(await countsOfKey(clickhouse, key)).toEqual(sameCounts(20));
  });

  it('are not committed while the dead-letter topic cannot be written', async () => {
    const key = newName('key');
    const letterTopic = app.standalone.app.get(KafkaDeadLetters, { strict: false });
    const spy = jest.spyOn(letterTopic, 'send').mockRejectedValueOnce(new Error('no broker')).mockRejectedValueOnce(new Error('no broker'));
    try {
      await produce(brokers, topic, [JSON.stringify(nativeLine({ key_id: key })), `{"${key}`]);
      await waitFor(() => spy.mock.calls.length >= 3, { what: 'three attempts' });
      await waitFor(async () => (await letters()).some(({ payload }) => payload.includes(key)), { what: 'the dead letter' });
    } finally {
      spy.mockRestore();
    }
    expect(await countsOfKey(clickhouseOf(app), key)).toEqual(sameCounts(1));
    expect((await letters()).filter(({ payload }) => payload.includes(key))).toHaveLength(1);
  });

  it('are counted: received is stored and dead-lettered, and the lag is known', async () => {
    const text = (await app.call<string>('/metrics')).body;
    const count = (name: string) => Number(new RegExp(`^keytrail_request_logs_${name}_total\\{source="kafka"\\} (\\d+)$`, 'm').exec(text)?.[1]);
    expect(count('received')).toBe(count('stored') + count('dead_lettered'));
    expect(text).toMatch(new RegExp(`^keytrail_kafka_lag\\{topic="${topic}",partition="0"\\} 0$`, 'm'));
  });
});

describeWithKafka('a collector that is stopped and started', () => {
  it('goes on where it was: every message is stored once', async () => {
    const { brokers } = await sharedKafkaBroker();
    const { env, group, topics: [topic] } = await kafkaSettings(brokers);
    const directory = await createTempDir();
    const key = newName('key');
    const messages = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => JSON.stringify(nativeLine({ key_id: key, request_id: `${key}-${from + index}` })));
    try {
      const first = await startTestApp({ ...env, KEYTRAIL_DATA_DIR: directory.path });
      try {
        await produce(brokers, topic, messages(0, 12_000));
        await untilStored(first, key, 1);
      } finally {
        await first.stop();
      }
      const stoppedAt = await committedOffset(brokers, group, topic);
      await produce(brokers, topic, messages(12_000, 12_500));
      const second = await startTestApp({ ...env, KEYTRAIL_DATA_DIR: directory.path });
      try {
        expect(await rowsOf(second, key)).toBe(stoppedAt);
        await waitFor(async () => await committedOffset(brokers, group, topic) === 12_500, { what: 'the last offset' });
        expect(await clickhouseOf(second).select('SELECT uniqExact(request_id) AS ids FROM request_logs')).toEqual([{ ids: 12_500 }]);
        expect(await countsOfKey(clickhouseOf(second), key)).toEqual(sameCounts(12_500));
        expect((await second.call<RequestLogPage>(`/v1/request-logs/${key}-12499`)).body.data).toHaveLength(1);
      } finally {
        await second.stop();
      }
    } finally {
      await directory.remove();
    }
  });
});

describeWithOwnKafka('a collector whose broker is killed and restarted', () => {
  let broker: OwnKafkaBroker;
  let app: TestApp;
  beforeAll(async () => {
    broker = await startKafkaBroker();
  });
  afterAll(async () => {
    await app?.stop();
    await broker?.stop();
  });

  it('goes on by itself, answers over HTTP meanwhile, and stores every message once', async () => {
    const { env, topics: [topic] } = await kafkaSettings(broker.brokers);
    app = await startTestApp(env);
    const key = newName('key');
    const messages = () => Array.from({ length: 200 }, () => JSON.stringify(nativeLine({ key_id: key })));
    await produce(broker.brokers, topic, messages());
    await untilStored(app, key, 200);
    await broker.kill();
    expect(await app.call('/v1/request-logs', { body: nativeLine({ key_id: key }) })).toMatchObject({ status: 200, body: { stored: 1 } });
    await broker.restart();
    await produce(broker.brokers, topic, messages());
    await untilStored(app, key, 401, 50_000);
    expect(await countsOfKey(clickhouseOf(app), key)).toEqual(sameCounts(401));
  });
});

describe('settings of Kafka', () => {
  it('with a format that is not known are refused at the start', async () => {
    const env = { KEYTRAIL_KAFKA_BROKERS: '127.0.0.1:1', KEYTRAIL_KAFKA_TOPICS: 'logs=nginx' };
    await expect(startTestApp(env)).rejects.toThrow(/KEYTRAIL_KAFKA_TOPICS: logs has a format that is not one of native, kong, cloudtrail/);
  });
});
