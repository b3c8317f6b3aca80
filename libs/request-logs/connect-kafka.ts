import type { z } from 'zod';
import { RequestLogFormat } from '@keytrail/contracts';
import { KafkaDeadLetters, KafkaLogSource, KafkaMessageReader, KafkaTopicIds, createKafka, ensureTopics, type MessageReader } from '@keytrail/kafka';
import { parseTopic, type kafkaFields } from '@keytrail/platform';
import { BackgroundLogSource } from './background-log-source.service.js';
import { KafkaCollectorSettings, type TopicSettings } from './kafka-collector.service.js';
import type { KafkaCollectorParts } from './request-logs.module.js';

/** Of collecting; key events are none of its business. */
export type KafkaSettings = Omit<z.infer<z.ZodObject<typeof kafkaFields>>, 'KEYTRAIL_KAFKA_KEY_EVENTS_TOPIC'>;

/** What a collector needs of Kafka. It connects in the background once it is started, and makes topics that are missing. */
export function connectKafka(settings: KafkaSettings): KafkaCollectorParts {
  const topics = readTopics(settings.KEYTRAIL_KAFKA_TOPICS);
  const deadLetterTopic = settings.KEYTRAIL_KAFKA_DEAD_LETTER_TOPIC;
  const kafka = createKafka(settings.KEYTRAIL_KAFKA_BROKERS);
  const oneTry = createKafka(settings.KEYTRAIL_KAFKA_BROKERS, { tryOnce: true });
  const source = new KafkaLogSource(kafka, {
    topics: [...topics.keys()], group: settings.KEYTRAIL_KAFKA_GROUP, sessionTimeout: settings.KEYTRAIL_KAFKA_SESSION_TIMEOUT_MS,
  });
  return {
    source: new BackgroundLogSource(source, () => ensureTopics(oneTry, [...topics.keys(), deadLetterTopic])),
    deadLetters: new KafkaDeadLetters(kafka, deadLetterTopic),
    settings: new KafkaCollectorSettings(topics),
    messages: new KafkaMessageReader(oneTry),
    topicIds: new KafkaTopicIds(settings.KEYTRAIL_KAFKA_BROKERS),
  };
}

/** Reads single messages again, for a process that collects none. */
export const readMessagesFrom = (brokers: readonly string[]): MessageReader => new KafkaMessageReader(createKafka(brokers, { tryOnce: true }));

/** The settings were checked: every format is known. */
function readTopics(entries: readonly string[]): Map<string, TopicSettings> {
  return new Map(entries.map(parseTopic).map(({ topic, format, workspace }) => [topic, { format: RequestLogFormat.parse(format), workspace }]));
}
