import { Kafka, logLevel } from 'kafkajs';
import { consume } from '../support/kafka-messages.js';
import type { NamedRows } from './compare.js';
import { LATE } from './subject.js';

/**
 * The letters of a dead-letter topic, by digest. One that was sent again has the same key, as readers are told to expect: letters are counted
 * by their keys. Called when nobody writes any more.
 */
export async function readLetterTopic(brokers: string[], topic: string): Promise<NamedRows[]> {
  const admin = new Kafka({ brokers, clientId: 'keytrail-test', logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(topic).finally(() => admin.disconnect());
  const messages = await consume(brokers, topic, offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0));
  const keys = new Map<string, Set<string>>();
  for (const { key, value } of messages) {
    const { sha256, code } = JSON.parse(value) as { sha256: string; code: string };
    // Those were replayed.
    if (code === LATE) continue;
    keys.set(sha256, (keys.get(sha256) ?? new Set()).add(key));
  }
  return [...keys].map(([name, { size }]) => ({ name, rows: size }));
}
