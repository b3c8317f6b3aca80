import { setTimeout as delay } from 'node:timers/promises';
import { ClickHouse } from '@keytrail/clickhouse';
import { Metrics } from '@keytrail/platform';
import { CompressionTypes } from 'kafkajs';
import { LINES_A_SEND, openTopic } from '../support/topic.js';
import { serviceOf, startCollector } from './collector-app.js';
import { batches, type PhaseOptions } from './engine-phase.js';
import { measure, type Measured } from './measure.js';
import { LINE_BYTES, readLines } from './request-lines.js';
import { bytesByTable } from './stored.js';

const TOPIC = 'bench-request-logs';

/** Puts the rows into a topic of their own, a message each. */
export async function produce({ brokers, lines: file, rows }: PhaseOptions): Promise<void> {
  const { producer, partitions } = await openTopic(brokers, TOPIC);
  for (const [index, [first, count]] of batches(rows, LINES_A_SEND).entries()) {
    const lines = await readLines(file, first, count);
    const messages = Array.from({ length: count }, (_, line) => ({ value: lines.subarray(line * LINE_BYTES, (line + 1) * LINE_BYTES - 1), partition: index % partitions }));
    await producer.send({ topic: TOPIC, acks: 1, compression: CompressionTypes.None, messages });
  }
  await producer.disconnect();
}

/** A collector as it is shipped reads the backlog: from joining its group to the last row stored and settled. */
export async function fromKafka({ stores, rows, brokers }: PhaseOptions): Promise<Measured> {
  const running = await startCollector(stores, {
    KEYTRAIL_KAFKA_BROKERS: [...brokers], KEYTRAIL_KAFKA_TOPICS: [TOPIC], KEYTRAIL_KAFKA_GROUP: `bench-${process.pid}`, KEYTRAIL_KAFKA_SESSION_TIMEOUT_MS: 30_000,
    KEYTRAIL_KAFKA_DEAD_LETTER_TOPIC: `${TOPIC}-letters`,
  });
  const metrics = serviceOf(running, Metrics);
  const measured = await measure(rows, async (progress) => {
    for (let stored = 0; stored < rows; await delay(20)) {
      stored = (await metrics.stored.get()).values.reduce((sum, { value }) => sum + value, 0);
      progress(stored);
    }
  });
  const bytes = await bytesByTable(serviceOf(running, ClickHouse), rows);
  await running.stop();
  return { ...measured, bytesByTable: bytes };
}
