import { afterEach, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import type { DeadLetterPage, IntakeAccounts } from '@keytrail/contracts';
import { KafkaTopicIds, TopicIds } from '@keytrail/kafka';
import { DeadLetterStore } from '@keytrail/request-logs';
import { startTestApp, type TestApp } from '../support/app.js';
import { produce } from '../support/kafka-messages.js';
import { createTopic, describeWithKafka, sharedKafkaBroker } from '../support/kafka.js';
import { clickhouseOf, countsOfKey, databaseOf, nativeLine, newName, sameCounts } from '../support/request-lines.js';
import { waitFor } from '../support/wait-for.js';

const PATIENCE_MS = 60_000;

describeWithKafka('a topic that is made anew', () => {
  let app: TestApp;
  let admin: Admin;
  let brokers: string[];
  let topic: string;
  beforeAll(async () => {
    ({ brokers } = await sharedKafkaBroker());
  });
  beforeEach(async () => {
    admin = new Kafka({ brokers, clientId: 'keytrail-test', logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    topic = await createTopic(brokers);
    app = await startTestApp({
      KEYTRAIL_KAFKA_BROKERS: brokers.join(','), KEYTRAIL_KAFKA_TOPICS: topic, KEYTRAIL_KAFKA_GROUP: newName('group'),
      KEYTRAIL_KAFKA_DEAD_LETTER_TOPIC: await createTopic(brokers, { prefix: 'letters' }),
    });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await admin?.disconnect();
    await app?.stop();
  });

  const lines = (key: string, count: number) => Array.from({ length: count }, () => JSON.stringify(nativeLine({ key_id: key })));
  const untilStored = (key: string, count: number) => waitFor(async () => (await countsOfKey(clickhouseOf(app), key)).rows >= count && !(await partition()).pending,
    { what: `${count} rows of ${key}`, timeoutMs: PATIENCE_MS });
  const partition = async () => {
    const { body } = await app.call<IntakeAccounts>('/v1/intake-accounts');
    return body.partitions.find((found) => found.topic === topic)!;
  };
  const accounts = async () => (await app.call<IntakeAccounts>('/v1/intake-accounts')).body.sources.find(({ source }) => source === `kafka:${topic}`);
  const metric = async (name: string) => {
    const { body } = await app.call<string>('/metrics');
    return String(body).split('\n').filter((line) => line.startsWith(`${name}{`) && line.includes(topic)).map((line) => Number(line.split(' ').at(-1)))[0] ?? 0;
  };
  const kafkaIs = async () => (await app.call<{ checks: Record<string, string> }>('/health/ready')).body.checks?.['kafka'];
  async function makeAnew(): Promise<void> {
    await admin.deleteTopics({ topics: [topic] });
    await waitFor(async () => {
      await admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions: 1, replicationFactor: 1 }] });
      return admin.fetchTopicOffsets(topic).then(([found]) => found?.high === '0');
    }, { what: 'the new topic', timeoutMs: 30_000, intervalMs: 200 });
  }

  it('and is shorter than the old one was is read from its beginning, each line once, and everybody is told', async () => {
    const [old, late] = [newName('key'), newName('key')];
    await produce(brokers, topic, lines(old, 200));
    await untilStored(old, 200);
    const before = await partition();
    expect(before).toMatchObject({ next_offset: 200, generation: 0, generation_since: null, stopped_reason: null });
    await makeAnew();
    await produce(brokers, topic, lines(late, 20));
    await untilStored(late, 20);
    await produce(brokers, topic, lines(late, 5));
    await untilStored(late, 25);
    expect(await countsOfKey(clickhouseOf(app), late)).toEqual(sameCounts(25));
    expect(await countsOfKey(clickhouseOf(app), old)).toEqual(sameCounts(200));
    const after = await partition();
    expect(after).toMatchObject({ next_offset: 25, generation: 1, generation_since: expect.any(String), stopped_reason: null });
    expect(after.topic_id).not.toBe(before.topic_id);
    expect(await accounts()).toMatchObject({ received: 225, stored: 225, dead_lettered: 0 });
    expect(await metric('keytrail_kafka_new_logs_total')).toBe(1);
  });

  it('and has grown past the old one before anybody looked loses nothing; ranges, letters and offsets of both are kept apart', async () => {
    const [old, late] = [newName('key'), newName('key')];
    await produce(brokers, topic, [...lines(old, 3), 'no json']);
    await untilStored(old, 3);
    // While the collector cannot see it: nothing is asked of the brokers until the new topic is longer than the old one.
    const ids = app.standalone.app.get(TopicIds, { strict: false }) as KafkaTopicIds;
    const away = jest.spyOn(ids, 'idOf').mockRejectedValue(new Error('no broker answers'));
    await makeAnew();
    await produce(brokers, topic, [...lines(late, 3), 'no json', ...lines(late, 40)]);
    away.mockRestore();
    await untilStored(late, 43);
    expect(await countsOfKey(clickhouseOf(app), late)).toEqual(sameCounts(43));
    expect(await accounts()).toMatchObject({ received: 48, stored: 46, dead_lettered: 2 });
    const { body } = await app.call<DeadLetterPage>('/v1/dead-letters');
    expect(body.data.map(({ position }) => position).sort()).toEqual([`${topic}/0/3 line 1`, `${topic}/0/3 line 1 of generation 1`]);
  });

  it('while a range of it was under way counts that range as it was stored, and stores one of the same offsets anew', async () => {
    const [old, late] = [newName('key'), newName('key')];
    const letters = app.standalone.app.get(DeadLetterStore, { strict: false });
    const keep = letters.keep.bind(letters);
    // Stored, its letters kept, and never settled.
    const cut = jest.spyOn(letters, 'keep').mockImplementation(async (...args) => {
      await keep(...args);
      throw new Error('the answer was lost');
    });
    const same = newName('req');
    const message = (key: string) => JSON.stringify(nativeLine({ key_id: key, request_id: same }));
    await produce(brokers, topic, [message(old), 'no json']);
    await waitFor(async () => (await countsOfKey(clickhouseOf(app), old)).rows === 1 && (await app.call<DeadLetterPage>('/v1/dead-letters')).body.data.length > 0,
      { what: 'the range to be stored', timeoutMs: PATIENCE_MS });
    // The new range is announced and not stored before the old one's letters can be kept.
    const away = jest.spyOn(clickhouseOf(app), 'insertBlock').mockRejectedValue(new Error('the store is away'));
    await makeAnew();
    await produce(brokers, topic, [message(late), 'no json']);
    await waitFor(async () => {
      const { generation, pending } = await partition();
      return generation === 1 && pending;
    }, { what: 'the new topic to be read', timeoutMs: PATIENCE_MS });
    for (const mock of [cut, away]) mock.mockRestore();
    await waitFor(async () => (await partition()).next_offset === 2, { what: 'the new range to be settled', timeoutMs: PATIENCE_MS });
    for (const key of [old, late]) expect(await countsOfKey(clickhouseOf(app), key)).toEqual(sameCounts(1));
    expect(await accounts()).toMatchObject({ received: 4, stored: 2, dead_lettered: 2 });
  });

  it('where brokers give no ids stops the partition for all to see, skips nothing, and goes on as the runbook says', async () => {
    const ids = app.standalone.app.get(TopicIds, { strict: false }) as KafkaTopicIds;
    jest.spyOn(ids, 'idOf').mockResolvedValue(null);
    const [old, late] = [newName('key'), newName('key')];
    await produce(brokers, topic, lines(old, 30));
    await untilStored(old, 30);
    expect(await kafkaIs()).toBe('up');
    await makeAnew();
    await produce(brokers, topic, lines(late, 7));
    await waitFor(async () => (await partition()).stopped_reason, { what: 'the partition to stop', timeoutMs: PATIENCE_MS });
    expect((await partition()).stopped_reason).toMatch(/ends at offset 7, and everything up to 30 is stored/);
    expect(await metric('keytrail_kafka_stopped_partitions')).toBe(1);
    expect(await kafkaIs()).toBe('down');
    expect((await countsOfKey(clickhouseOf(app), late)).rows).toBe(0);
    await databaseOf(app).updateTable('kafka_ledger').where('topic', '=', topic).set(({ eb }) => ({
      epoch: eb('epoch', '+', 1), generation: eb('generation', '+', 1), log_since: new Date(), next_offset: 0, pending_first: null, pending_last: null,
      announced_at: null, log_id: null,
    })).execute();
    await untilStored(late, 7);
    expect(await countsOfKey(clickhouseOf(app), late)).toEqual(sameCounts(7));
    expect(await partition()).toMatchObject({ stopped_reason: null, next_offset: 7 });
    expect([await metric('keytrail_kafka_stopped_partitions'), await kafkaIs()]).toEqual([0, 'up']);
  });
});

describeWithKafka('the id of a topic', () => {
  it('is the same for as long as the topic is there, over connections that break; a topic that is not there has none', async () => {
    const { brokers } = await sharedKafkaBroker();
    const [one, other] = [await createTopic(brokers), await createTopic(brokers)];
    const ids = new KafkaTopicIds(['127.0.0.1:1', ...brokers]);
    try {
      const [first, again, different] = await Promise.all([ids.idOf(one), ids.idOf(one), ids.idOf(other)]);
      expect(first).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      expect(again).toBe(first);
      expect(different).not.toBe(first);
      ids.close();
      expect(await ids.idOf(one)).toBe(first);
      await expect(ids.idOf(newName('nowhere'))).rejects.toThrow('knows nothing');
      expect(await ids.idOf(one)).toBe(first);
    } finally {
      ids.close();
    }
  });
});
