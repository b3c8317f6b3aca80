import { Logger } from '@nestjs/common';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import { registerCodecs } from './compression/codecs.js';

/** A connection to brokers (`host:port`) that reads messages of every codec; what the client logs goes to our log. `tryOnce`: it fails at the first failure, and logs nothing. */
export function createKafka(brokers: readonly string[], options: { tryOnce?: boolean } = {}): Kafka {
  const logger = new Logger('kafka');
  registerCodecs();
  return new Kafka({
    clientId: 'keytrail', brokers: [...brokers], connectionTimeout: 5_000, requestTimeout: 30_000,
    retry: { initialRetryTime: 300, maxRetryTime: 30_000, retries: options.tryOnce ? 0 : 10 },
    logLevel: options.tryOnce ? logLevel.NOTHING : logLevel.WARN,
    logCreator: () => ({ level, log }) => {
      const line = `${log.message}${typeof log['error'] === 'string' ? `: ${log['error']}` : ''}`;
      if (level === logLevel.ERROR) logger.error(line);
      else logger.warn(line);
    },
  });
}

/** Makes topics that are missing, with the broker's own defaults for partitions and replicas. */
export async function ensureTopics(kafka: Kafka, topics: readonly string[]): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    const existing = new Set(await admin.listTopics());
    const missing = topics.filter((topic) => !existing.has(topic));
    if (missing.length > 0) {
      await admin.createTopics({ waitForLeaders: true, topics: missing.map((topic) => ({ topic, numPartitions: -1, replicationFactor: -1 })) });
    }
  });
}

async function withAdmin<T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}
