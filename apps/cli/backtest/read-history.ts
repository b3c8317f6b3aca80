import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { RequestLogFormat } from '@keytrail/contracts';
import type { HistoryIntake } from '@keytrail/request-logs';
import { UsageError } from '../config.js';
import { batchEntries, defaultLimits } from '../import/batch-entries.js';
import { readEntries } from '../import/read-entries.js';
import type { PlacedError } from '../import/totals.js';

export interface HistorySource {
  files: readonly string[];
  format: RequestLogFormat;
  workspace: string | undefined;
  stdin: Readable;
  signal: AbortSignal;
  onBytes: (bytes: number) => void;
  onRefused: (error: PlacedError) => void;
}

/**
 * Streams the files into the store and answers how many requests are in it. Rejects when a file cannot be read, with the signal's reason,
 * and with `UsageError` when nothing at the beginning of a file fits the format.
 */
export async function readHistory(intake: HistoryIntake, source: HistorySource): Promise<number> {
  const { files, format, workspace, signal, onRefused } = source;
  let stored = 0;
  let batches = 0;
  for (const file of files) {
    let isFirst = true;
    for await (const { entries, unreadable } of batchEntries(readEntries(file, { format, max: defaultLimits.bytes, stdin: source.stdin, onBytes: source.onBytes }), defaultLimits)) {
      signal.throwIfAborted();
      for (const error of unreadable) onRefused({ file, ...error, reason: error.reason.replace('; not sent', '') });
      if (entries.length === 0) continue;
      batches += 1;
      const token = createHash('sha256').update(String(batches)).digest('hex');
      const taken = await intake.take({ entries: entries.map(({ bytes }) => bytes), format, workspace, token });
      for (const { entry, code, reason } of taken.refused) {
        const { line, item } = entries[entry]!;
        onRefused({ file, line, ...(item === undefined ? {} : { item }), code, reason });
      }
      if (isFirst && taken.stored === 0 && taken.refused.every(({ code }) => code === 'unknown_format')) throw unknownFormat(file);
      isFirst = false;
      stored += taken.stored;
    }
  }
  return stored;
}

function unknownFormat(file: string): UsageError {
  const formats = RequestLogFormat.options.filter((format) => format !== 'auto');
  return new UsageError(`${file}: no line fits a format; say which it is with --format: ${formats.join(', ')}`);
}
