/** One message of a topic. */
export interface LogMessage {
  offset: number;
  /** Epoch milliseconds, as the broker has it. */
  timestamp: number;
  /** Empty for a message without a value. */
  value: Buffer;
}

/** Messages of one partition, in order, at least one. */
export interface LogBatch {
  topic: string;
  partition: number;
  messages: LogMessage[];
  /** Messages of the partition behind the last one of this batch. */
  lag: number;
  /** Changes whenever partitions are given out anew: what was known of a partition may be out of date then. */
  assignment: number;
}

/** What became of a batch. */
export interface Taken {
  /** The first offset that is not stored; shown to the broker as progress. null = nothing is yet. */
  stored: number | null;
  /** Read on from here instead of after the batch. */
  readOnFrom?: number;
}

/** Takes a batch in. When it rejects, the same batch comes again. */
export type TakeBatch = (batch: LogBatch) => Promise<Taken>;

/** Where request logs come from in batches. The taker, not the source, knows what is stored. */
export abstract class LogSource {
  abstract start(take: TakeBatch): Promise<void>;

  /** Finishes the batch at hand, then lets go of the partitions. */
  abstract stop(): Promise<void>;
}
