import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import { LogSource, type LogBatch, type TakeBatch } from './log-source.js';

export interface KafkaLogSourceOptions {
  topics: readonly string[];
  group: string;
  /** Messages and bytes a batch holds at most (one larger message still comes alone). */
  batchMessages?: number;
  batchBytes?: number;
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;

/** Reads topics as one member of a consumer group. An offset is committed only after its batch was taken. */
export class KafkaLogSource extends LogSource {
  private readonly logger = new Logger('kafka');
  private readonly consumer: Consumer;
  private readonly stopping = new AbortController();

  constructor(kafka: Kafka, private readonly options: KafkaLogSourceOptions) {
    super();
    this.consumer = kafka.consumer({
      groupId: options.group, sessionTimeout: 30_000, heartbeatInterval: 3_000, maxWaitTimeInMs: 500, maxBytesPerPartition: 4 * 1024 * 1024,
      retry: { retries: 10, restartOnFailure: async () => !this.stopping.signal.aborted },
    });
  }

  override async start(take: TakeBatch): Promise<void> {
    await this.consumer.connect();
    await this.consumer.subscribe({ topics: [...this.options.topics], fromBeginning: true });
    await this.consumer.run({
      autoCommit: false, eachBatchAutoResolve: false, partitionsConsumedConcurrently: 2, eachBatch: (payload) => this.read(payload, take),
    });
  }

  override async stop(): Promise<void> {
    this.stopping.abort();
    await this.consumer.disconnect();
  }

  private async read(payload: EachBatchPayload, take: TakeBatch): Promise<void> {
    const { topic, partition, messages, highWatermark } = payload.batch;
    for (const chunk of chunksOf(messages, this.options.batchMessages ?? 5_000, this.options.batchBytes ?? 4 * 1024 * 1024)) {
      const last = Number(chunk.at(-1)?.offset);
      const batch: LogBatch = {
        topic, partition, lag: Math.max(0, Number(highWatermark) - 1 - last),
        messages: chunk.map((message) => ({
          offset: Number(message.offset), timestamp: Number(message.timestamp), value: message.value ?? Buffer.alloc(0),
        })),
      };
      if (!await this.takeUntilStored(batch, payload, take)) return;
      payload.resolveOffset(String(last));
      // Not the consumer's own commitOffsets: from the moment it is asked to stop, that one does nothing and says nothing.
      await payload.commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset: String(last + 1) }] }] });
      await payload.heartbeat();
    }
  }

  /** A store that does not answer stops the partition, it loses nothing. false: the partition is no longer ours, or we are to stop. */
  private async takeUntilStored(batch: LogBatch, payload: EachBatchPayload, take: TakeBatch): Promise<boolean> {
    for (let wait = FIRST_RETRY_MS; ; wait = Math.min(wait * 2, LONGEST_RETRY_MS)) {
      if (!payload.isRunning() || payload.isStale()) return false;
      try {
        await take(batch);
        return true;
      } catch (error) {
        this.logger.error(`${batch.topic}/${batch.partition} from offset ${batch.messages[0]?.offset} was not stored, trying again in ${wait} ms`,
          error instanceof Error ? error.stack : undefined);
      }
      for (let waited = 0; waited < wait && !this.stopping.signal.aborted; waited += FIRST_RETRY_MS) {
        await delay(FIRST_RETRY_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
        await payload.heartbeat();
      }
      if (this.stopping.signal.aborted) return false;
    }
  }
}

function* chunksOf(messages: readonly KafkaMessage[], mostMessages: number, mostBytes: number): Generator<KafkaMessage[]> {
  let chunk: KafkaMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = message.value?.length ?? 0;
    if (chunk.length > 0 && (chunk.length >= mostMessages || bytes + size > mostBytes)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(message);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}
