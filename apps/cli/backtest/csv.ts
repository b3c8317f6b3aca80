import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import { UsageError } from '../config.js';

const LONGEST_LINE = 1_000_000;

/** A table, a line at a time. Fields may stand in quotes; rows with line breaks in them are not understood. */
export interface CsvRow { line: number; fields: string[] }

/**
 * Rows of a CSV file, plain or gzipped (told by its first bytes), with the columns asked for, in that order, as its header names them. Some rows
 * at once. `onBytes`: what was read off the disk. Throws `UsageError` for a header without one of them and for rows that are too short.
 */
export async function* readCsv(path: string, columns: readonly string[], signal: AbortSignal, onBytes?: (bytes: number) => void): AsyncGenerator<CsvRow[]> {
  let places: number[] | undefined;
  let line = 0;
  for await (const texts of linesOf(path, signal, onBytes)) {
    const rows: CsvRow[] = [];
    for (const text of texts) {
      line += 1;
      if (places === undefined) {
        places = placesOf(splitFields(text), columns, path);
        continue;
      }
      if (text.trim() === '') continue;
      const fields = splitFields(text);
      const wanted = places.map((place) => fields[place]);
      if (wanted.includes(undefined)) throw wrongLine(path, line, `has ${fields.length} ${fields.length === 1 ? 'field' : 'fields'}, which is too few`);
      rows.push({ line, fields: wanted as string[] });
    }
    yield rows;
  }
  if (places === undefined) throw new UsageError(`${path}: is empty; its first line has to name the columns ${columns.join(',')}`);
}

export const wrongLine = (path: string, line: number, why: string): UsageError => new UsageError(`${path}: line ${line} ${why}`);

function placesOf(header: readonly string[], columns: readonly string[], path: string): number[] {
  const names = header.map((name) => name.trim().toLowerCase());
  const missing = columns.filter((column) => !names.includes(column));
  if (missing.length > 0) throw wrongLine(path, 1, `has to name the columns ${columns.join(',')}; there is no ${missing.join(', ')}`);
  return columns.map((column) => names.indexOf(column));
}

async function* linesOf(path: string, signal: AbortSignal, onBytes?: (bytes: number) => void): AsyncGenerator<string[]> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let first = true;
  for await (const chunk of unzipped(path, signal, onBytes)) {
    rest += decoder.write(chunk);
    if (first) rest = rest.replace(/^\ufeff/, '');
    first = false;
    const lines = rest.split('\n');
    rest = lines.pop()!;
    if (rest.length > LONGEST_LINE) throw new UsageError(`${path}: a line is longer than ${LONGEST_LINE} characters`);
    yield lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  }
  rest += decoder.end();
  if (rest !== '') yield [rest.endsWith('\r') ? rest.slice(0, -1) : rest];
}

async function* unzipped(path: string, signal: AbortSignal, onBytes?: (bytes: number) => void): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: 262_144, signal });
  const counted = async function* () {
    for await (const chunk of file) {
      onBytes?.((chunk as Buffer).length);
      yield chunk as Buffer;
    }
  }();
  const { value: head, done } = await counted.next();
  if (done) return;
  const all = async function* () {
    yield head;
    yield* counted;
  }();
  if (head[0] !== 0x1f || head[1] !== 0x8b) return yield* all;
  const gunzip = createGunzip();
  // An error of either side comes out of the iteration below.
  pipeline(all, gunzip, () => undefined);
  for await (const chunk of gunzip) yield chunk as Buffer;
}

export function splitFields(text: string): string[] {
  if (!text.includes('"')) return text.split(',');
  const fields: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/gy;
  for (;;) {
    const match = field.exec(text);
    if (match === null) return text.split(',');
    fields.push(match[1] === undefined ? match[2]! : match[1].replaceAll('""', '"'));
    if (match[3] === '') return fields;
  }
}

export const quoted = (field: string): string => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);
