import { isText, type Entry, type EntryError, type EntryText } from './entry.js';

export interface BatchLimits {
  lines: number;
  /** Of NDJSON, before compression. */
  bytes: number;
}

export const defaultLimits: BatchLimits = { lines: 5_000, bytes: 4 * 1024 * 1024 };

/** Entries that go together, and the places that could not be read on the way. */
export interface EntryBatch {
  entries: EntryText[];
  unreadable: EntryError[];
}

/** Cuts by count and size alone, so that the same file falls into the same batches every time. */
export async function* batchEntries(entries: AsyncIterable<Entry>, limits: BatchLimits): AsyncGenerator<EntryBatch> {
  let batch: EntryBatch = { entries: [], unreadable: [] };
  let bytes = 0;
  for await (const entry of entries) {
    if (!isText(entry)) {
      batch.unreadable.push(entry);
      continue;
    }
    const size = entry.bytes.length + 1;
    if (batch.entries.length > 0 && (batch.entries.length >= limits.lines || bytes + size > limits.bytes)) {
      yield batch;
      batch = { entries: [], unreadable: [] };
      bytes = 0;
    }
    batch.entries.push(entry);
    bytes += size;
  }
  if (batch.entries.length > 0 || batch.unreadable.length > 0) yield batch;
}

const newline = Buffer.from('\n');

export const ndjsonOf = (entries: readonly EntryText[]): Buffer => Buffer.concat(entries.flatMap(({ bytes }) => [bytes, newline]));
