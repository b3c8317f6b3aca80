import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { CompressionTypes, Kafka, logLevel } from 'kafkajs';
import type { DeadLetter, DeadLetterPage, IntakeAccounts, ReplayResult } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../support/app.js';
import { produce } from '../support/kafka-messages.js';
import { createTopic, describeWithKafka, sharedKafkaBroker } from '../support/kafka.js';
import { clickhouseOf, countsOfKey, nativeLine, newName, sameCounts } from '../support/request-lines.js';
import { waitFor } from '../support/wait-for.js';

const CODECS = ['gzip', 'snappy', 'lz4', 'zstd'];
const MIB = 1 << 20;

describeWithKafka('compressed messages', () => {
  let app: TestApp;
  let brokers: string[];
  let kafka: Kafka;
  let topics: string[];
  beforeAll(async () => {
    ({ brokers } = await sharedKafkaBroker());
    kafka = new Kafka({ brokers, clientId: 'keytrail-test', logLevel: logLevel.NOTHING });
    topics = await Promise.all([...CODECS, 'bombs'].map((prefix) => createTopic(brokers, { prefix })));
    app = await startTestApp({
      KEYTRAIL_KAFKA_BROKERS: brokers.join(','), KEYTRAIL_KAFKA_TOPICS: topics.join(','), KEYTRAIL_KAFKA_GROUP: newName('group'),
      KEYTRAIL_KAFKA_DEAD_LETTER_TOPIC: await createTopic(brokers, { prefix: 'letters' }),
    });
    const admin = kafka.admin();
    await admin.connect();
    // The broker then compresses by itself, with the code that Java producers use.
    await admin.alterConfigs({
      validateOnly: false,
      resources: CODECS.map((codec, index) => ({ type: 2, name: topics[index]!, configEntries: [{ name: 'compression.type', value: codec }] })),
    });
    await admin.disconnect();
  });
  afterAll(() => app?.stop());

  const untilStored = (key: string, count: number) =>
    waitFor(async () => Object.values(await countsOfKey(clickhouseOf(app), key)).every((counted) => counted >= count), { what: `${count} rows of ${key}`, timeoutMs: 40_000 });

  it.each(CODECS)('that Java wrote as %s are read, each once', async (codec) => {
    const key = newName('key');
    // Beyond the 32 or 64 KiB of a block, and one message larger than several.
    const messages = Array.from({ length: 1_500 }, (_, index) => JSON.stringify(nativeLine({ key_id: key, user_agent: `agent/${index * 7919 % 1_000}` })));
    await produce(brokers, topics[CODECS.indexOf(codec)]!, [...messages, JSON.stringify(nativeLine({ key_id: key, path: `/${'p'.repeat(200_000)}`.slice(0, 16_000), headers: { filler: 'x'.repeat(200_000) } }))]);
    await untilStored(key, 1_501);
    expect(await countsOfKey(clickhouseOf(app), key)).toEqual(sameCounts(1_501));
  });

  it('that would fill the memory become dead letters, each with its place, and those behind them are read', async () => {
    const [key, topic] = [newName('key'), topics.at(-1)!];
    const before = process.memoryUsage.rss();
    const producer = kafka.producer();
    await producer.connect();
    const filler = Buffer.alloc(MIB);
    await producer.send({ topic, compression: CompressionTypes.GZIP, messages: Array.from({ length: 300 }, () => ({ value: filler, partition: 0 })) });
    await producer.disconnect();
    const sending = process.memoryUsage.rss() - before;
    await produce(brokers, topic, [JSON.stringify(nativeLine({ key_id: key }))]);
    await untilStored(key, 1);
    expect(process.memoryUsage.rss() - before - sending).toBeLessThan(300 * MIB);
    const letters = (await app.call<DeadLetterPage>('/v1/dead-letters?limit=1000')).body.data.filter(({ position }) => position.startsWith(topic));
    expect(letters.map(({ position }) => position)).toEqual(Array.from({ length: 300 }, (_, index) => `${topic}/0/${299 - index} line 1`));
    expect(letters.every(({ code, reason }) => code === 'unreadable_batch' && reason.includes('cannot be unpacked: it unpacks to more than'))).toBe(true);
    const again = await app.call<ReplayResult>('/v1/dead-letters/replay', { body: { dead_letter_ids: [letters[0]!.dead_letter_id, letters[299]!.dead_letter_id] } });
    expect(again.body.data.map(({ outcome, code }) => [outcome, code])).toEqual(Array(2).fill(['unreadable', 'no_content']));
    expect((await app.call<DeadLetter>(`/v1/dead-letters/${letters[0]!.dead_letter_id}`)).body.code).toBe('unreadable_batch');
    const { body } = await app.call<IntakeAccounts>('/v1/intake-accounts');
    expect(body.sources.find(({ source }) => source === `kafka:${topic}`)).toMatchObject({ received: 301, stored: 1, dead_lettered: 300 });
  });
});
