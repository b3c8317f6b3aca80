/** One message of a topic. */
export interface LogMessage {
  offset: number;
  /** Epoch milliseconds, as the broker has it. */
  timestamp: number;
  /** Empty for a message without a value. */
  value: Buffer;
  /** Why nothing but its place is known of it: the batch it came in could not be unpacked. */
  unreadable?: string;
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

/** How a source is doing. Times are milliseconds of a clock that only goes forward (`performance.now()`). */
export interface SourceHealth {
  /** Whether it is a member of its group, and since when it is or is not. */
  joined: boolean;
  since: number;
  /** Partitions it was given. */
  partitions: number;
  /** When brokers last answered. */
  heardAt: number;
  /** Since when the batch that is longest with its taker is there. A store that refuses is told at once; null = none is there. */
  takingSince: number | null;
  /** Why it will not read any more by itself; null while it does. */
  ended: string | null;
}

/** Where request logs come from in batches. The taker, not the source, knows what is stored. */
export abstract class LogSource {
  /** Resolves when reading was begun; `health` says whether it goes on. May be called again after `stop`. */
  abstract start(take: TakeBatch): Promise<void>;

  /** Finishes the batch at hand, then lets go of the partitions. */
  abstract stop(): Promise<void>;

  abstract health(): SourceHealth;
}
