import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Kafka, logLevel } from 'kafkajs';
import { createTopic, describeWithKafka, describeWithOwnKafka, sharedKafkaBroker, startKafkaBroker, type OwnKafkaBroker } from './kafka.js';
import { waitFor } from './wait-for.js';

const clientOf = (brokers: string[], retries = 5): Kafka => new Kafka({ brokers, clientId: 'support-spec', logLevel: logLevel.NOTHING, retry: { retries } });

async function produce(brokers: string[], topic: string, values: string[]): Promise<void> {
  const producer = clientOf(brokers).producer();
  await producer.connect();
  await producer.send({ topic, messages: values.map((value) => ({ value })) });
  await producer.disconnect();
}

async function consume(brokers: string[], topic: string, count: number): Promise<string[]> {
  const consumer = clientOf(brokers).consumer({ groupId: `group-${topic}` });
  const seen: string[] = [];
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => { seen.push(String(message.value)); } });
    await waitFor(() => seen.length >= count, { what: `${count} messages of ${topic}`, timeoutMs: 20_000 });
    return seen;
  } finally {
    await consumer.disconnect();
  }
}

describeWithKafka('the shared broker', () => {
  it('hands out what was produced to it, in order', async () => {
    const { brokers } = await sharedKafkaBroker();
    const topic = await createTopic(brokers);
    await produce(brokers, topic, ['first', 'second', 'third']);
    await expect(consume(brokers, topic, 3)).resolves.toEqual(['first', 'second', 'third']);
  });

  it('is one for the whole run', async () => {
    await expect(sharedKafkaBroker()).resolves.toEqual(await sharedKafkaBroker());
  });
});

describeWithOwnKafka('a broker of one\'s own', () => {
  let broker: OwnKafkaBroker;
  beforeAll(async () => { broker = await startKafkaBroker(); });
  afterAll(() => broker.stop());

  it('keeps acknowledged messages through kill and restart, on the same port', async () => {
    const topic = await createTopic(broker.brokers);
    await produce(broker.brokers, topic, ['before']);
    await broker.kill();
    await expect(clientOf(broker.brokers, 0).admin().connect()).rejects.toThrow();
    await broker.restart();
    await produce(broker.brokers, topic, ['after']);
    await expect(consume(broker.brokers, topic, 2)).resolves.toEqual(['before', 'after']);
  });

  it('does not create topics by accident', async () => {
    const admin = clientOf(broker.brokers, 0).admin();
    await admin.connect();
    await expect(admin.fetchTopicMetadata({ topics: ['never-created'] })).rejects.toThrow(/does not host this topic-partition/);
    await admin.disconnect();
  });
});
