import { RequestLogFormat } from '@keytrail/contracts';
import { KafkaDeadLetters, KafkaLogSource, createKafka, ensureTopics } from '@keytrail/kafka';
import { SettingsError, parseTopic } from '@keytrail/platform';
import { KafkaCollectorSettings, type TopicSettings } from './kafka-collector.service.js';
import type { KafkaCollectorParts } from './request-logs.module.js';

export interface KafkaConnection {
  brokers: readonly string[];
  /** Each `topic[=format][@workspace]`. */
  topics: readonly string[];
  group: string;
  deadLetterTopic: string;
  /** Workspace of lines that name none, in topics that name none. */
  defaultWorkspace: string;
}

/** What a collector needs of Kafka. Makes topics that are missing. Throws when the brokers do not answer or a format is unknown. */
export async function connectKafka(connection: KafkaConnection): Promise<KafkaCollectorParts> {
  const topics = readTopics(connection);
  const kafka = createKafka(connection.brokers);
  await ensureTopics(kafka, [...topics.keys(), connection.deadLetterTopic]);
  return {
    source: new KafkaLogSource(kafka, { topics: [...topics.keys()], group: connection.group }),
    deadLetters: new KafkaDeadLetters(kafka, connection.deadLetterTopic),
    settings: new KafkaCollectorSettings(topics),
  };
}

function readTopics(connection: KafkaConnection): Map<string, TopicSettings> {
  return new Map(connection.topics.map((entry) => {
    const { topic, format, workspace = connection.defaultWorkspace } = parseTopic(entry);
    const known = RequestLogFormat.safeParse(format);
    if (!known.success) {
      throw new SettingsError([`KEYTRAIL_KAFKA_TOPICS: ${topic} has a format that is not one of ${RequestLogFormat.options.join(', ')}`]);
    }
    return [topic, { format: known.data, workspace }];
  }));
}
