import { once } from 'node:events';
import { MinutesBacktest, RowOutOfOrder, type MinuteRow, type RaisedAlarm } from '@keytrail/detection';
import type { CliIo } from '../io.js';
import { quoted, readCsv, wrongLine, type CsvRow } from './csv.js';

const COLUMNS = ['key', 'minute', 'requests', 'errors', 'denied'] as const;
/** Year 2352: what lies behind it are seconds or milliseconds. */
const LAST_MINUTE = 201_000_000;
const MOST_YEARS = 5;
const YEAR = 366 * 24 * 60;

/**
 * Reads the file twice: first to check every line and to see when it ends, since a key that is missing at the end was silent; then to judge.
 * Rows of one key together take little memory; where keys take turns, about 10 kB for each that is not hardly ever there.
 */
export async function runMinutes(path: string, io: CliIo, onBytes: (bytes: number) => void): Promise<void> {
  const { last, together } = await survey(path, io.signal, onBytes);
  let out = 'key,minute,kind,score\n';
  const backtest = new MinutesBacktest(({ key, minute, kind, score }: RaisedAlarm) => {
    out += `${quoted(key)},${minute},${kind},${score.toFixed(2)}\n`;
  });
  const flush = async () => {
    const text = out;
    out = '';
    if (text !== '' && !io.stdout.write(text)) await once(io.stdout, 'drain', { signal: io.signal });
  };
  let key: string | undefined;
  for await (const rows of readCsv(path, COLUMNS, io.signal, onBytes)) {
    for (const one of rows) {
      const row = rowOf(one, path);
      if (together && key !== undefined && row.key !== key) backtest.finish(key, last);
      key = row.key;
      take(backtest, row, one.line, path);
    }
    await flush();
  }
  backtest.finishAll(last);
  await flush();
}

async function survey(path: string, signal: AbortSignal, onBytes: (bytes: number) => void): Promise<{ last: number; together: boolean }> {
  const seen = new Set<string>();
  let together = true;
  let key: string | undefined;
  let first: number | undefined;
  let last = -Infinity;
  for await (const rows of readCsv(path, COLUMNS, signal, onBytes)) {
    for (const one of rows) {
      const row = rowOf(one, path);
      first ??= row.minute;
      if (Math.abs(row.minute - first) > MOST_YEARS * YEAR) throw wrongLine(path, one.line, `is more than ${MOST_YEARS} years away from the first row: a clock jumped`);
      last = Math.max(last, row.minute);
      if (!together || row.key === key) continue;
      if (seen.has(row.key)) {
        together = false;
        seen.clear();
      } else {
        seen.add(row.key);
        key = row.key;
      }
    }
  }
  return { last, together };
}

function take(backtest: MinutesBacktest, row: MinuteRow, line: number, path: string): void {
  try {
    backtest.take(row);
  } catch (error) {
    if (error instanceof RowOutOfOrder) throw wrongLine(path, line, `is out of order: ${error.message}`);
    throw error;
  }
}

function rowOf({ line, fields }: CsvRow, path: string): MinuteRow {
  const [key, minute, requests, errors, denied] = fields as [string, string, string, string, string];
  if (key === '') throw wrongLine(path, line, 'has no key');
  const at = Number(minute);
  if (!/^\s*\d+\s*$/.test(minute) || at > LAST_MINUTE) throw wrongLine(path, line, `has no epoch minute: ${JSON.stringify(minute)}`);
  const row = { key, minute: at, requests: Number(requests), errors: Number(errors), denied: Number(denied) };
  for (const [name, value, text] of [['requests', row.requests, requests], ['errors', row.errors, errors], ['denied', row.denied, denied]] as const) {
    if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER) || text.trim() === '') throw wrongLine(path, line, `has ${JSON.stringify(text)} for ${name}, which is no count`);
  }
  return row;
}
