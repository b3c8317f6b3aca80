import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { Kafka, logLevel } from 'kafkajs';
import { describeWith } from './describe-with.js';
import { findOnPath } from './find-programs.js';
import { kafkaJars } from './kafka-jars.js';
import { KeeperLine, sharedServer } from './server-keeper.js';
import { waitFor } from './wait-for.js';

export interface KafkaBroker {
  /** `host:port` of each broker. */
  brokers: string[];
}

export interface OwnKafkaBroker extends KafkaBroker {
  /** Ends the broker without warning (SIGKILL); its data stays. */
  kill(): Promise<void>;
  /** Stops the broker in good order if it runs, then starts it on the same port and data; resolves when it answers. */
  restart(): Promise<void>;
  /** Ends the broker and removes its data. */
  stop(): Promise<void>;
}

const given = (): string[] => (process.env.KEYTRAIL_TEST_KAFKA ?? '').split(',').map((broker) => broker.trim()).filter(Boolean);

const INSTALL = 'install Java 17 and Maven (apt-get install openjdk-17-jre-headless maven).';

/** A suite on the run's one broker, or on that of KEYTRAIL_TEST_KAFKA. */
export function describeWithKafka(name: string, suite: () => void): void {
  const missing = given().length > 0 ? undefined : whatIsMissing();
  describeWith({ name: 'a Kafka broker', missing, howToGet: `Set KEYTRAIL_TEST_KAFKA=host:port, or ${INSTALL}`, prepare: sharedKafkaBroker }, name, suite);
}

/** A suite that starts brokers of its own with `startKafkaBroker`, to break them. */
export function describeWithOwnKafka(name: string, suite: () => void): void {
  describeWith({ name: 'Kafka', missing: whatIsMissing(), howToGet: `To get it, ${INSTALL}`, prepare: fetchKafka }, name, suite);
}

/** The run's one broker: KEYTRAIL_TEST_KAFKA, else Apache Kafka started by the first suite that asks. */
export async function sharedKafkaBroker(): Promise<KafkaBroker> {
  const brokers = given();
  return brokers.length > 0 ? { brokers } : sharedServer<KafkaBroker>('kafka', kafkaJars);
}

/** A broker of the caller's own. It ends with `stop()`, and in any case with the calling process. */
export async function startKafkaBroker(): Promise<OwnKafkaBroker> {
  const line = await KeeperLine.open();
  const { server, brokers } = await line.start<KafkaBroker>('kafka', kafkaJars);
  return {
    brokers,
    kill: () => line.call(server, 'kill'),
    restart: () => line.call(server, 'restart'),
    async stop() {
      await line.call(server, 'stop');
      line.close();
    },
  };
}

/** Creates a topic under a name of its own and returns that name. */
export async function createTopic(brokers: string[], options: { prefix?: string; partitions?: number } = {}): Promise<string> {
  const topic = `${options.prefix ?? 'test'}-${randomUUID()}`;
  const admin = new Kafka({ brokers, clientId: 'keytrail-test', logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    // Not waitForLeaders: it gives up on a broker that has not heard of the new topic yet.
    await admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions: options.partitions ?? 1, replicationFactor: 1 }] });
    await waitFor(() => admin.fetchTopicOffsets(topic), { what: `the topic ${topic}`, timeoutMs: 30_000 });
  } finally {
    await admin.disconnect();
  }
  return topic;
}

async function fetchKafka(): Promise<void> {
  const line = await KeeperLine.open();
  try {
    await line.fetchKafka(kafkaJars);
  } finally {
    line.close();
  }
}

function whatIsMissing(): string | undefined {
  if (!findOnPath('java')) return 'there is no java on PATH';
  if (!existsSync(kafkaJars.jarsDir) && !findOnPath('mvn')) return 'there is no mvn on PATH to fetch the jars with';
  return undefined;
}
