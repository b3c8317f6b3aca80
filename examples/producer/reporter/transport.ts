import type { Batch } from './buffer.js';

/** What became of a batch that was sent. */
export type SendAnswer =
  /** It is stored for good; bad lines of it are kept as dead letters. */
  | { kind: 'stored'; stored: number; dead_lettered: number }
  /** It will never be taken. */
  | { kind: 'refused'; reason: string }
  /** It is refused as a whole for its size. */
  | { kind: 'too large' }
  /** Nobody knows, or not now: send it again under the same id. */
  | { kind: 'later'; reason: string; afterMs?: number | undefined };

/** The way to Keytrail. */
export interface Transport {
  /** Sends a batch once. Sending it again under the same id must double nothing. Rejects when it was not heard to the end. */
  send(batch: Batch, signal: AbortSignal): Promise<SendAnswer>;
  close?(): Promise<void>;
}
