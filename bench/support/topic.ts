import { Kafka, Partitioners, logLevel, type Producer } from 'kafkajs';

/** How many partitions topics of benches have. */
const PARTITIONS = 4;
/** Brokers take a mebibyte at a time unless told otherwise: so many lines of half a kilobyte are less. */
export const LINES_A_SEND = 2_000;

/** Makes a topic, and a connected producer for it. */
export async function openTopic(brokers: readonly string[], topic: string): Promise<{ producer: Producer; partitions: number }> {
  const kafka = new Kafka({ clientId: 'keytrail-bench', brokers: [...brokers], logLevel: logLevel.ERROR });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: PARTITIONS, replicationFactor: 1 }] });
  await admin.disconnect();
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  return { producer, partitions: PARTITIONS };
}
