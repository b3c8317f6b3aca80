import { CompressionTypes, Partitioners, type Kafka, type Producer } from 'kafkajs';
import type { SendAnswer, Transport } from './transport.js';
import { untilAborted } from './until-aborted.js';

/**
 * The way over Kafka. The producer is idempotent and waits for all in-sync replicas; it tries again by itself for as long as the process
 * lives. Only what it gives up and the reporter sends anew may arrive twice.
 */
export function kafkaTransport({ kafka, topic }: { kafka: Kafka; topic: string }): Transport {
  const producer: Producer = kafka.producer({
    idempotent: true, maxInFlightRequests: 1, createPartitioner: Partitioners.DefaultPartitioner, retry: { retries: Number.MAX_SAFE_INTEGER },
  });
  let connected: Promise<void> | undefined;

  return {
    async send({ lines }, signal) {
      connected ??= producer.connect();
      await untilAborted(connected, signal).catch((error: unknown) => {
        connected = undefined;
        throw error;
      });
      const sending = producer.send({ topic, acks: -1, compression: CompressionTypes.GZIP, messages: lines.map((value) => ({ value })) });
      try {
        await untilAborted(sending, signal);
        return { kind: 'stored', stored: lines.length, dead_lettered: 0 };
      } catch (error) {
        return failure(error);
      }
    },
    close: () => producer.disconnect(),
  };
}

function failure(error: unknown): SendAnswer {
  const { type, message, retriable } = error as { type?: string; message: string; retriable?: boolean };
  if (type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE') return { kind: 'too large' };
  return retriable === false && type !== undefined ? { kind: 'refused', reason: `Kafka: ${type}` } : { kind: 'later', reason: `Kafka: ${message}` };
}
