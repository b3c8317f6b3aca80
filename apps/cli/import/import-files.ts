import type { Readable } from 'node:stream';
import { RequestLogFormat } from '@keytrail/contracts';
import { ApiError, sendBatch, type ApiClient } from '@keytrail/demo';
import { UsageError } from '../config.js';
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

/**
 * Sends entries; a batch the server finds too large goes in halves, down to the one entry that is. Says whether the server knew the
 * format of any.
 */
async function send(options: ImportOptions, totals: ImportTotals, file: string, entries: readonly EntryText[]): Promise<boolean> {
  const { client, format, workspace, signal } = options;
  try {
    const result = await sendBatch(client, { ndjson: ndjsonOf(entries), format, workspace }, signal);
    addResult(totals, file, entries, result);
    return result.received > result.dead_lettered || result.errors.some(({ code }) => code !== 'unknown_format');
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 413)) throw error;
    const [first] = entries;
    if (entries.length === 1 && first) {
      const place = { line: first.line, ...(first.item === undefined ? {} : { item: first.item }) };
      addNotSent(totals, { file, ...place, code: error.code || 'too_large', reason: 'the server takes no line of this size' });
      return true;
    }
    const middle = Math.ceil(entries.length / 2);
    const known = await send(options, totals, file, entries.slice(0, middle));
    return await send(options, totals, file, entries.slice(middle)) || known;
  }
}

function refuse(file: string): never {
  const formats = RequestLogFormat.options.filter((format) => format !== 'auto');
  throw new UsageError(`${file}: no line fits a format; say which it is with --format: ${formats.join(', ')}`);
}

/**
 * Streams the files to the server, adding to `totals` as answers come in, so that they hold what was acknowledged also when this
 * rejects: with what reading, `ApiClient` or the signal reject with, or with `UsageError` when the server knows the format of nothing in
 * the first batch of a file: millions of lines would become as many dead letters.
 */
export async function importFiles(options: ImportOptions, totals: ImportTotals): Promise<void> {
  const { files, format, stdin, signal, onBytes, limits = defaultLimits } = options;
  for (const file of files) {
    totals.files += 1;
    const entries = readEntries(file, { format, max: limits.bytes, stdin, onBytes });
    // One batch is on its way while the next is read.
    let onItsWay: Promise<unknown> = Promise.resolve();
    let isFirst = true;
    try {
      for await (const batch of batchEntries(entries, limits)) {
        await onItsWay;
        signal?.throwIfAborted();
        for (const error of batch.unreadable) addNotSent(totals, { file, ...error });
        if (batch.entries.length === 0) continue;
        const sent = send(options, totals, file, batch.entries);
        onItsWay = isFirst ? sent.then((known) => known || refuse(file)) : sent;
        isFirst = false;
        // Awaited above or below; until then a failure must not count as nobody's.
        onItsWay.catch(() => undefined);
      }
    } finally {
      await onItsWay;
    }
  }
}
