import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import { LogSource, type LogBatch, type TakeBatch, type Taken } from './log-source.js';

export interface KafkaLogSourceOptions {
  topics: readonly string[];
  group: string;
  /** Messages and bytes a batch holds at most (one larger message still comes alone). */
  batchMessages?: number;
  batchBytes?: number;
  /** Milliseconds after which the broker gives away the partitions of a member that went silent. */
  sessionTimeout?: number;
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;

/**
 * Reads topics as one member of a consumer group. Offsets are committed for display only, after their batch was stored; the taker says
 * where to read on.
 */
export class KafkaLogSource extends LogSource {
  private readonly logger = new Logger('kafka');
  private readonly consumer: Consumer;
  private readonly stopping = new AbortController();
  private assignment = 0;

  constructor(kafka: Kafka, private readonly options: KafkaLogSourceOptions) {
    super();
    this.consumer = kafka.consumer({
      groupId: options.group, sessionTimeout: options.sessionTimeout ?? 30_000,
      heartbeatInterval: Math.min(3_000, Math.floor((options.sessionTimeout ?? 30_000) / 3)), maxWaitTimeInMs: 500, maxBytesPerPartition: 4 * 1024 * 1024,
      retry: { retries: 10, restartOnFailure: async () => !this.stopping.signal.aborted },
    });
  }

  override async start(take: TakeBatch): Promise<void> {
    this.consumer.on(this.consumer.events.GROUP_JOIN, () => {
      this.assignment += 1;
    });
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
        topic, partition, assignment: this.assignment, lag: Math.max(0, Number(highWatermark) - 1 - last),
        messages: chunk.map((message) => ({
          offset: Number(message.offset), timestamp: Number(message.timestamp), value: message.value ?? Buffer.alloc(0),
        })),
      };
      const taken = await this.takeUntilStored(batch, payload, take);
      if (taken === undefined) return;
      if (taken.readOnFrom !== undefined) {
        this.consumer.seek({ topic, partition, offset: String(taken.readOnFrom) });
        return;
      }
      payload.resolveOffset(String(last));
      if (taken.stored !== null) {
        // Not the consumer's own commitOffsets: from the moment it is asked to stop, that one does nothing and says nothing.
        await payload.commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset: String(taken.stored) }] }] });
      }
      await payload.heartbeat();
    }
  }

  /** A store that does not answer stops the partition, it loses nothing. undefined: the partition is no longer ours, or we are to stop. */
  private async takeUntilStored(batch: LogBatch, payload: EachBatchPayload, take: TakeBatch): Promise<Taken | undefined> {
    for (let wait = FIRST_RETRY_MS; ; wait = Math.min(wait * 2, LONGEST_RETRY_MS)) {
      if (!payload.isRunning() || payload.isStale()) return undefined;
      try {
        return await take({ ...batch, assignment: this.assignment });
      } catch (error) {
        this.logger.error(`${batch.topic}/${batch.partition} from offset ${batch.messages[0]?.offset} was not stored, trying again in ${wait} ms`,
          error instanceof Error ? error.stack : undefined);
      }
      for (let waited = 0; waited < wait && !this.stopping.signal.aborted; waited += FIRST_RETRY_MS) {
        await delay(FIRST_RETRY_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
        await payload.heartbeat();
      }
      if (this.stopping.signal.aborted) return undefined;
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
