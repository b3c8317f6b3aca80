import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@nestjs/common';
import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import { chunksOf } from './chunks.js';
import { UNREADABLE } from './compression/unpack-batch.js';
import type { LogBatch, LogMessage, SourceHealth, TakeBatch, Taken } from './log-source.js';

export interface SessionOptions {
  topics: readonly string[];
  group: string;
  batchMessages: number;
  batchBytes: number;
  sessionTimeout: number;
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;
/** What one answer of a broker holds at most, of all partitions together; a larger batch still comes alone. */
const MOST_BYTES = 16 * 1024 * 1024;
const MOST_BYTES_A_PARTITION = 8 * 1024 * 1024;
/** Once it is to stop, a batch that is with its taker gets so long: it holds up the others of its group. */
const LAST_BATCH_MS = 6_000;

/** One consumer, from joining its group to leaving it. It is not used again: a stalled one is left behind and another takes its place. */
export class ConsumerSession {
  private readonly consumer: Consumer;
  private readonly over = new AbortController();
  private readonly abandoned = new AbortController();
  private readonly taking = new Map<string, number>();
  private assignment = 0;
  private joined = false;
  private since = performance.now();
  private heardAt = 0;
  private partitions = 0;
  private ended: string | null = null;

  constructor(
    kafka: Kafka, private readonly options: SessionOptions, private readonly take: TakeBatch, private readonly nextAssignment: () => number,
    private readonly logger: Logger,
  ) {
    this.consumer = kafka.consumer({
      groupId: options.group, sessionTimeout: options.sessionTimeout,
      heartbeatInterval: Math.min(3_000, Math.floor(options.sessionTimeout / 3)), maxWaitTimeInMs: 500,
      maxBytes: MOST_BYTES, maxBytesPerPartition: MOST_BYTES_A_PARTITION,
      retry: { retries: 10, restartOnFailure: async () => !this.over.signal.aborted },
    });
    this.listen();
  }

  health(): SourceHealth {
    const { joined, since, partitions, heardAt, ended } = this;
    return { joined, since, partitions, heardAt, ended, takingSince: this.taking.size === 0 ? null : Math.min(...this.taking.values()) };
  }

  async start(): Promise<void> {
    await this.consumer.connect();
    await this.consumer.subscribe({ topics: [...this.options.topics], fromBeginning: true });
    await this.consumer.run({ autoCommit: false, eachBatchAutoResolve: false, partitionsConsumedConcurrently: 3, eachBatch: (payload) => this.read(payload) });
  }

  /** Finishes the batch at hand, unless that takes too long, and leaves the group. Brokers that do not answer may hold it up. */
  async stop(): Promise<void> {
    this.over.abort();
    const late = setTimeout(() => this.abandoned.abort(new Error('the batch took too long')), LAST_BATCH_MS);
    try {
      await this.consumer.disconnect();
    } finally {
      clearTimeout(late);
    }
  }

  private listen(): void {
    const { events } = this.consumer;
    const left = () => {
      if (this.joined) this.since = performance.now();
      this.joined = false;
    };
    const heard = () => {
      this.heardAt = performance.now();
    };
    this.consumer.on(events.GROUP_JOIN, ({ payload }) => {
      this.assignment = this.nextAssignment();
      this.partitions = Object.values(payload.memberAssignment).reduce((sum, partitions) => sum + partitions.length, 0);
      this.since = performance.now();
      this.joined = true;
      heard();
    });
    this.consumer.on(events.FETCH, heard);
    this.consumer.on(events.HEARTBEAT, heard);
    this.consumer.on(events.REBALANCING, left);
    this.consumer.on(events.STOP, left);
    this.consumer.on(events.CRASH, ({ payload }) => {
      left();
      if (!payload.restart) this.ended = payload.error.message;
    });
  }

  private async read(payload: EachBatchPayload): Promise<void> {
    const { topic, partition, messages, highWatermark } = payload.batch;
    for (const chunk of chunksOf(messages, this.options.batchMessages, this.options.batchBytes)) {
      const last = Number(chunk.at(-1)?.offset);
      const batch = { topic, partition, lag: Math.max(0, Number(highWatermark) - 1 - last), messages: chunk.map(logMessage) };
      const taken = await this.takeUntilStored(batch, payload);
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
  private async takeUntilStored(batch: Omit<LogBatch, 'assignment'>, payload: EachBatchPayload): Promise<Taken | undefined> {
    for (let wait = FIRST_RETRY_MS; ; wait = Math.min(wait * 2, LONGEST_RETRY_MS)) {
      if (!payload.isRunning() || payload.isStale()) return undefined;
      try {
        return await this.takeOnce({ ...batch, assignment: this.assignment }, payload);
      } catch (error) {
        this.logger.error(`${batch.topic}/${batch.partition} from offset ${batch.messages[0]?.offset} was not stored, trying again in ${wait} ms`,
          error instanceof Error ? error.stack : undefined);
      }
      for (let waited = 0; waited < wait && !this.over.signal.aborted; waited += FIRST_RETRY_MS) {
        await delay(FIRST_RETRY_MS, undefined, { signal: this.over.signal }).catch(() => undefined);
        await payload.heartbeat();
      }
      if (this.over.signal.aborted) return undefined;
    }
  }

  /** A store may let one wait: the broker must not take that for a death. */
  private async takeOnce(batch: LogBatch, payload: EachBatchPayload): Promise<Taken> {
    const place = `${batch.topic}/${batch.partition}`;
    this.taking.set(place, performance.now());
    // Whoever lost the partition meanwhile hears of it at the next heartbeat that is waited for.
    const beat = setInterval(() => void payload.heartbeat().catch(() => undefined), FIRST_RETRY_MS);
    const { signal } = this.abandoned;
    let giveUp = () => undefined as void;
    const abandoned = new Promise<never>((_, reject) => {
      giveUp = () => reject(signal.reason as Error);
    });
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await Promise.race([this.take(batch), abandoned]);
    } finally {
      signal.removeEventListener('abort', giveUp);
      clearInterval(beat);
      this.taking.delete(place);
    }
  }
}

function logMessage({ offset, timestamp, value, headers }: KafkaMessage): LogMessage {
  const unreadable = headers?.[UNREADABLE];
  return {
    offset: Number(offset), timestamp: Number(timestamp), value: value ?? Buffer.alloc(0), ...(unreadable !== undefined && { unreadable: String(unreadable) }),
  };
}
