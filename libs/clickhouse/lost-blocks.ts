import { existsSync, readFileSync, readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

/** A part's directory: partition, first and last block number, level, and a mutation where there was one. */
const PART = /^([^_]+)_(\d+)_(\d+)_\d+(?:_\d+)?$/;
/** In a deduplication log: a block was added. (2: it was dropped.) */
const ADDED = '1';

/**
 * MergeTree notes a block's token before it keeps the block: a process that is killed in between leaves a token without a block, and drops what comes
 * again under it. Only the last token of a table can be such a one, since both steps are taken under one lock.
 * Strikes those tokens out, in a directory that no engine has open, and returns how many.
 */
export function forgetLostBlocks(directory: string): number {
  let forgotten = 0;
  for (const table of tablesIn(join(directory, 'store'))) if (forgetLostBlock(table)) forgotten += 1;
  return forgotten;
}

function forgetLostBlock(table: string): boolean {
  const log = lastLog(join(table, 'deduplication_logs'));
  if (log === undefined) return false;
  const text = readFileSync(log, 'utf8');
  const start = text.lastIndexOf('\n', text.length - 2) + 1;
  const last = text.slice(start);
  const [operation, part] = last.split('\t');
  // A line that was cut off is one whose block cannot be there yet.
  if (last.endsWith('\n') && (operation !== ADDED || part === undefined || isKept(table, part))) return false;
  truncateSync(log, Buffer.byteLength(text.slice(0, start)));
  return true;
}

/** Whether a part is there, or one that it was merged into. */
function isKept(table: string, part: string): boolean {
  const [, partition, first, last] = PART.exec(part) ?? [];
  // A name of another kind is not ours to judge.
  if (partition === undefined) return true;
  return readdirSync(table).some((name) => {
    const [, otherPartition, otherFirst, otherLast] = PART.exec(name) ?? [];
    return otherPartition === partition && Number(otherFirst) <= Number(first) && Number(otherLast) >= Number(last);
  });
}

/** The log with something in it that was begun last. */
function lastLog(logs: string): string | undefined {
  if (!existsSync(logs)) return undefined;
  const numbers = readdirSync(logs).map((name) => Number(/^deduplication_log_(\d+)\.txt$/.exec(name)?.[1])).filter((number) => !Number.isNaN(number)).sort((a, b) => b - a);
  return numbers.map((number) => join(logs, `deduplication_log_${number}.txt`)).find((file) => readFileSync(file).length > 0);
}

function* tablesIn(store: string): Generator<string> {
  if (!existsSync(store)) return;
  for (const prefix of readdirSync(store, { withFileTypes: true })) {
    if (!prefix.isDirectory()) continue;
    for (const table of readdirSync(join(store, prefix.name), { withFileTypes: true })) if (table.isDirectory()) yield join(store, prefix.name, table.name);
  }
}
