import type { IntakeResult } from '@keytrail/contracts';
import type { EntryText, Place } from './entry.js';

export interface PlacedError extends Place {
  file: string;
  code: string;
  reason: string;
}

const keptErrors = 100;

/** What became of everything that was to be imported. */
export interface ImportTotals {
  files: number;
  /** Entries the server took in: `stored + duplicates + dead_lettered`. */
  received: number;
  stored: number;
  /** In batches the server had stored before. */
  duplicates: number;
  dead_lettered: number;
  /** Entries that never reached the server: too long, or cut short. */
  not_sent: number;
  /** The first hundred. */
  errors: PlacedError[];
}

export const noTotals = (): ImportTotals =>
  ({ files: 0, received: 0, stored: 0, duplicates: 0, dead_lettered: 0, not_sent: 0, errors: [] });

function note(totals: ImportTotals, error: PlacedError): void {
  if (totals.errors.length < keptErrors) totals.errors.push(error);
}

/** Adds the server's answer for a batch. Its line numbers count within the batch and become those of the file. */
export function addResult(totals: ImportTotals, file: string, entries: readonly EntryText[], result: IntakeResult): void {
  const good = result.received - result.dead_lettered;
  totals.received += result.received;
  totals.dead_lettered += result.dead_lettered;
  if (result.duplicate) totals.duplicates += good;
  else totals.stored += good;
  for (const { line, code, reason } of result.errors) {
    const { line: fileLine, item } = entries[line - 1] ?? { line: 0 };
    note(totals, { file, line: fileLine, ...(item === undefined ? {} : { item }), code, reason });
  }
}

export function addNotSent(totals: ImportTotals, error: PlacedError): void {
  totals.not_sent += 1;
  note(totals, error);
}

const plural = (count: number, noun: string) => `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;

const shownErrors = 10;

/** Totals and the first errors, for people. */
export function describeTotals(totals: ImportTotals): string[] {
  const { files, received, stored, duplicates, dead_lettered, not_sent, errors } = totals;
  const lines = [
    `${plural(files, 'file')}: ${plural(received, 'line')} received, ${stored.toLocaleString('en-US')} stored, `
    + `${duplicates.toLocaleString('en-US')} duplicate, ${dead_lettered.toLocaleString('en-US')} dead-lettered`
    + (not_sent > 0 ? `, ${not_sent.toLocaleString('en-US')} not sent` : ''),
  ];
  for (const { file, line, item, code, reason } of errors.slice(0, shownErrors)) {
    lines.push(`  ${file}:${line}${item === undefined ? '' : ` (item ${item})`}: ${code}: ${reason}`);
  }
  const more = dead_lettered + not_sent - Math.min(errors.length, shownErrors);
  if (more > 0) lines.push(`  and ${more.toLocaleString('en-US')} more`);
  return lines;
}
