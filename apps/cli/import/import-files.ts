import type { Readable } from 'node:stream';
import type { RequestLogFormat } from '@keytrail/contracts';
import { ApiError, sendBatch, type ApiClient } from '@keytrail/demo';
import { batchEntries, defaultLimits, ndjsonOf, type BatchLimits } from './batch-entries.js';
import type { EntryText } from './entry.js';
import { readEntries } from './read-entries.js';
import { addNotSent, addResult, type ImportTotals } from './totals.js';

export interface ImportOptions {
  client: ApiClient;
  files: readonly string[];
  format: RequestLogFormat;
  workspace?: string | undefined;
  stdin: Readable;
  signal?: AbortSignal;
  onBytes?: (bytes: number) => void;
  limits?: BatchLimits;
}

/** Sends entries; a batch the server finds too large goes in halves, down to the one entry that is. */
async function send(options: ImportOptions, totals: ImportTotals, file: string, entries: readonly EntryText[]): Promise<void> {
  const { client, format, workspace, signal } = options;
  try {
    addResult(totals, file, entries, await sendBatch(client, { ndjson: ndjsonOf(entries), format, workspace }, signal));
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 413)) throw error;
    const [first] = entries;
    if (entries.length === 1 && first) {
      const place = { line: first.line, ...(first.item === undefined ? {} : { item: first.item }) };
      addNotSent(totals, { file, ...place, code: error.code || 'too_large', reason: 'the server takes no line of this size' });
      return;
    }
    const middle = Math.ceil(entries.length / 2);
    await send(options, totals, file, entries.slice(0, middle));
    await send(options, totals, file, entries.slice(middle));
  }
}

/**
 * Streams the files to the server, adding to `totals` as answers come in, so that they hold what was acknowledged also when this
 * rejects: with what reading, `ApiClient` or the signal reject with.
 */
export async function importFiles(options: ImportOptions, totals: ImportTotals): Promise<void> {
  const { files, format, stdin, signal, onBytes, limits = defaultLimits } = options;
  for (const file of files) {
    totals.files += 1;
    const entries = readEntries(file, { format, max: limits.bytes, stdin, onBytes });
    // One batch is on its way while the next is read.
    let onItsWay: Promise<void> = Promise.resolve();
    try {
      for await (const batch of batchEntries(entries, limits)) {
        await onItsWay;
        signal?.throwIfAborted();
        for (const error of batch.unreadable) addNotSent(totals, { file, ...error });
        if (batch.entries.length > 0) onItsWay = send(options, totals, file, batch.entries);
        // Awaited above or below; until then a failure must not count as nobody's.
        onItsWay.catch(() => undefined);
      }
    } finally {
      await onItsWay;
    }
  }
}
