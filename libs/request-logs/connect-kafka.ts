import type { z } from 'zod';
import { RequestLogFormat } from '@keytrail/contracts';
import { KafkaDeadLetters, KafkaLogSource, createKafka, ensureTopics } from '@keytrail/kafka';
import { SettingsError, parseTopic, type kafkaFields } from '@keytrail/platform';
import { KafkaCollectorSettings, type TopicSettings } from './kafka-collector.service.js';
import type { KafkaCollectorParts } from './request-logs.module.js';

export type KafkaSettings = z.infer<z.ZodObject<typeof kafkaFields>>;

/** What a collector needs of Kafka. Makes topics that are missing. Throws when the brokers do not answer or a format is unknown. */
export async function connectKafka(settings: KafkaSettings): Promise<KafkaCollectorParts> {
  const topics = readTopics(settings.KEYTRAIL_KAFKA_TOPICS);
  const deadLetterTopic = settings.KEYTRAIL_KAFKA_DEAD_LETTER_TOPIC;
  const kafka = createKafka(settings.KEYTRAIL_KAFKA_BROKERS);
  await ensureTopics(kafka, [...topics.keys(), deadLetterTopic]);
  return {
    source: new KafkaLogSource(kafka, { topics: [...topics.keys()], group: settings.KEYTRAIL_KAFKA_GROUP, sessionTimeout: settings.KEYTRAIL_KAFKA_SESSION_TIMEOUT_MS }),
    deadLetters: new KafkaDeadLetters(kafka, deadLetterTopic),
    settings: new KafkaCollectorSettings(topics),
  };
}

function readTopics(entries: readonly string[]): Map<string, TopicSettings> {
  return new Map(entries.map((entry) => {
    const { topic, format, workspace } = parseTopic(entry);
    const known = RequestLogFormat.safeParse(format);
    if (!known.success) {
      throw new SettingsError([`KEYTRAIL_KAFKA_TOPICS: ${topic} has a format that is not one of ${RequestLogFormat.options.join(', ')}`]);
    }
    return [topic, { format: known.data, workspace }];
  }));
}
