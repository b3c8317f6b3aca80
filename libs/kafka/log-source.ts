/** One message of a topic. */
export interface LogMessage {
  offset: number;
  /** Epoch milliseconds, as the broker has it. */
  timestamp: number;
  /** Empty for a message without a value. */
  value: Buffer;
}

/** Consecutive messages of one partition, in order, at least one. */
export interface LogBatch {
  topic: string;
  partition: number;
  messages: LogMessage[];
  /** Messages of the partition behind the last one of this batch. */
  lag: number;
}

/** Takes a batch in. When it resolves, the batch is stored for good; when it rejects, the same batch comes again. */
export type TakeBatch = (batch: LogBatch) => Promise<void>;

/** Where request logs come from in batches. */
export abstract class LogSource {
  abstract start(take: TakeBatch): Promise<void>;

  /** Finishes the batch at hand, then lets go of the partitions. */
  abstract stop(): Promise<void>;
}
