import { Kafka, logLevel, type Message } from 'kafkajs';
import { waitFor } from './wait-for.js';

const clientOf = (brokers: string[]): Kafka => new Kafka({ brokers, clientId: 'keytrail-test', logLevel: logLevel.NOTHING });

const MESSAGES_A_REQUEST = 100;

/** Sends messages to the first partition, in order. */
export async function produce(brokers: string[], topic: string, messages: readonly (string | Buffer | null | Message)[]): Promise<void> {
  const producer = clientOf(brokers).producer({ maxInFlightRequests: 1 });
  await producer.connect();
  try {
    for (let start = 0; start < messages.length; start += MESSAGES_A_REQUEST) {
      const part = messages.slice(start, start + MESSAGES_A_REQUEST);
      await producer.send({ topic, messages: part.map((message) => ({ partition: 0, ...(isValue(message) ? { value: message } : message) })) });
    }
  } finally {
    await producer.disconnect();
  }
}

const isValue = (message: string | Buffer | null | Message): message is string | Buffer | null =>
  typeof message === 'string' || Buffer.isBuffer(message) || message === null;

/** The offset the next message of the first partition will get. */
export async function endOf(brokers: string[], topic: string): Promise<number> {
  const admin = clientOf(brokers).admin();
  await admin.connect();
  try {
    return Number((await admin.fetchTopicOffsets(topic)).find(({ partition }) => partition === 0)?.offset ?? 0);
  } finally {
    await admin.disconnect();
  }
}

/** The next offset a group will read in the first partition; -1 when it committed none. */
export async function committedOffset(brokers: string[], group: string, topic: string): Promise<number> {
  const admin = clientOf(brokers).admin();
  await admin.connect();
  try {
    const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    return Number(found?.partitions.find(({ partition }) => partition === 0)?.offset ?? -1);
  } finally {
    await admin.disconnect();
  }
}

export interface ReadMessage {
  key: string;
  value: string;
}

/** Reads a topic from its beginning until `count` messages came. */
export async function consume(brokers: string[], topic: string, count: number): Promise<ReadMessage[]> {
  const consumer = clientOf(brokers).consumer({ groupId: `reader-of-${topic}-${process.hrtime.bigint()}` });
  const seen: ReadMessage[] = [];
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => { seen.push({ key: String(message.key), value: String(message.value) }); } });
    await waitFor(() => seen.length >= count, { what: `${count} messages of ${topic}`, timeoutMs: 20_000 });
    return seen;
  } finally {
    await consumer.disconnect();
  }
}
