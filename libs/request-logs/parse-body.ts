import { isAscii, isUtf8 } from 'node:buffer';
import type { RequestLogFormat } from '@keytrail/contracts';
import { AppError } from '@keytrail/platform';
import { endOfValue, isDeeper, skipSpace, splitArray, type ArraySpans } from './json-scan.js';
import type { LineProblem } from './line-problem.js';
import { PlainLineReader } from './formats/plain-line.js';
import { ParsedLine } from './raw-line.js';
import { MOST_REQUESTS_A_MESSAGE, requestsOf, tooManyLines } from './too-many-lines.js';

export interface ParseOptions {
  format: RequestLogFormat;
  /** Bytes of one line, array item or record. Default 1 MiB. */
  maxLineBytes?: number;
  /** Default 64. */
  maxDepth?: number;
  /** Items of one array, or records; with more, reading throws 413 before any is read. Default: no limit. */
  maxItems?: number;
}

interface Limits extends Required<Omit<ParseOptions, 'format'>> {
  /** Whether a line that is no JSON at all is a value too: its text. */
  text: boolean;
  /** Whether plain lines are read at once. */
  plain: boolean;
}

/** What it remembers of lines is theirs alone, and bounded. */
const plainLines = new PlainLineReader();

const NEWLINE = 0x0a;
const MOST_LINE_BYTES = 1 << 20;
const RECORDS = /^\s{0,256}\{\s{0,256}"Records"\s{0,256}:\s{0,256}\[/;
const SCALAR = /^[ \t\r\n]*(?:null|true|false|-?\d[\d.eE+-]*|"[^]*")[ \t\r\n]*$/;
/** A first line after which a pretty-printed object goes on. */
const GOES_ON = /[{[,:]\s*$/;

/**
 * Reads the lines of a body: NDJSON, a JSON array, one object over several lines, CloudTrail's `{"Records": […]}`, or lines of text where
 * the format has such.
 * A line that cannot be read is a problem of that line only; an array or object that does not end is one problem of the whole body.
 */
export function* parseBody(body: Buffer, options: ParseOptions): Generator<ParsedLine, void, undefined> {
  const limits = limitsOf(options);
  const bytes = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.subarray(3) : body;
  const start = skipSpace(bytes, 0);
  if (start === bytes.length) return;
  if (bytes[start] === 0x5b) return yield* parseArray(bytes, start, limits);
  if (options.format === 'cloudtrail' || options.format === 'auto') {
    const opening = RECORDS.exec(bytes.toString('latin1', 0, 1024));
    const records = opening ? splitAtMost(bytes, opening[0].length - 1, limits) : undefined;
    const end = records ? endOfValue(bytes, start) : -1;
    if (records && end !== -1 && skipSpace(bytes, end) === bytes.length) return yield* parseSpans(bytes, records.spans, limits);
  }
  if (bytes[start] === 0x7b && isOneObject(bytes, start, limits)) return yield parseLine(bytes.subarray(start), 1, limits);
  yield* parseLines(bytes, limits);
}

const limitsOf = ({ format, maxLineBytes = MOST_LINE_BYTES, maxDepth = 64, maxItems = Infinity }: ParseOptions): Limits =>
  ({ maxLineBytes, maxDepth, maxItems, text: format === 'combined' || format === 'auto', plain: format === 'native' });

/**
 * Reads a Kafka message: a single object as a rule, but also an array, `{"Records": […]}` or several lines. One with more than 10,000
 * requests is refused whole, before anything is made of them: a small message may hold any number, and its partition waits for it.
 */
export function parseMessage(value: Buffer, format: RequestLogFormat): ParsedLine[] {
  if (format === 'native' && value.length <= MOST_LINE_BYTES) {
    const row = plainLines.read(value, 0);
    if (row !== undefined && plainLines.end === value.length) return [new ParsedLine(1, value, 0, value.length).acceptRow(row)];
  }
  const isOneLine = value[0] === 0x7b && !value.includes(NEWLINE) && format !== 'cloudtrail' && format !== 'auto';
  const lines: ParsedLine[] = [];
  let requests = 0;
  try {
    for (const line of isOneLine ? [parseLine(value, 1, limitsOf({ format }))] : parseBody(value, { format, maxItems: MOST_REQUESTS_A_MESSAGE })) {
      requests += requestsOf(line);
      if (requests > MOST_REQUESTS_A_MESSAGE) return [tooManyItems(value)];
      lines.push(line);
    }
  } catch (error) {
    if (error instanceof AppError && error.code === 'too_many_lines') return [tooManyItems(value)];
    throw error;
  }
  return lines;
}

const tooManyItems = (value: Buffer) => new ParsedLine(1, value, 0, value.length)
  .refuse({ code: 'too_many_items', reason: `a message holds at most ${MOST_REQUESTS_A_MESSAGE} lines or requests; send several` });

function* parseArray(bytes: Buffer, start: number, limits: Limits): Generator<ParsedLine, void, undefined> {
  const array = splitAtMost(bytes, start, limits);
  if (array && skipSpace(bytes, array.end) === bytes.length) return yield* parseSpans(bytes, array.spans, limits);
  // Lines that are arrays themselves, as batching gateways write them to files. Inside JSON no string holds a line feed.
  const newline = array ? bytes.indexOf(NEWLINE, array.end) : bytes.indexOf('\n[');
  if (newline !== -1 && (!array || bytes.subarray(array.end, newline).toString('latin1').trim() === '')) return yield* parseLines(bytes, limits);
  yield new ParsedLine(1, bytes, 0, bytes.length)
    .refuse({ code: 'invalid_json', reason: array ? 'there is something after the JSON array' : 'the JSON array is not complete' });
}

function splitAtMost(bytes: Buffer, start: number, { maxItems }: Limits): ArraySpans | undefined {
  const array = splitArray(bytes, start, maxItems);
  if (array?.end === -1) throw tooManyLines(maxItems);
  return array;
}

function* parseSpans(bytes: Buffer, spans: number[], limits: Limits): Generator<ParsedLine, void, undefined> {
  for (let at = 0; at < spans.length; at += 2) yield parseLine(bytes.subarray(spans[at]!, spans[at + 1]!), at / 2 + 1, limits);
}

/** Whether the body is one object that spans lines, even one that is broken: then its lines are not lines of their own. */
function isOneObject(bytes: Buffer, start: number, { maxLineBytes }: Limits): boolean {
  const newline = bytes.indexOf(NEWLINE, start);
  if (newline === -1) return false;
  const first = bytes.subarray(start, newline);
  if (!GOES_ON.test(first.subarray(-256).toString('latin1'))) {
    const end = endOfValue(bytes, start);
    // What is too long to be kept is not worth reading whole to find out.
    return end > newline && end - start <= maxLineBytes && skipSpace(bytes, end) === bytes.length && isJson(bytes.subarray(start, end));
  }
  const end = endOfValue(bytes, start);
  if (end !== -1) return end > newline && skipSpace(bytes, end) === bytes.length;
  // It never ends. Lines that are whole objects by themselves say that this was one broken line among others.
  return bytes.indexOf('\n{', newline) === -1;
}

function isJson(bytes: Buffer): boolean {
  const text = bytes.toString('utf8');
  if (isDeeper(text, 1000)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Text that is decoded at a time: short enough to be gone with its lines, where a string as long as the body would be moved about. */
const CHUNK_BYTES = 64 * 1024;

function* parseLines(bytes: Buffer, limits: Limits): Generator<ParsedLine, void, undefined> {
  let line = 0;
  for (let from = 0; from < bytes.length;) {
    const to = endOfChunk(bytes, from);
    const chunk = bytes.subarray(from, to);
    let text: string | undefined;
    let isDecoded = false;
    for (let at = 0; at < chunk.length;) {
      line += 1;
      const row = limits.plain ? plainLines.read(chunk, at) : undefined;
      if (row !== undefined && endsLine(chunk, plainLines.end) && plainLines.end - at <= limits.maxLineBytes) {
        const { end } = plainLines;
        yield new ParsedLine(line, chunk, at, end).acceptRow(row);
        at = end + 1;
        continue;
      }
      if (!isDecoded) {
        isDecoded = true;
        // In ASCII text, bytes and characters have the same place: decode once and cut strings.
        text = isAscii(chunk) ? chunk.toString('latin1') : undefined;
      }
      const newline = text === undefined ? chunk.indexOf(NEWLINE, at) : text.indexOf('\n', at);
      const next = newline === -1 ? chunk.length : newline + 1;
      let end = newline === -1 ? chunk.length : newline;
      if (end > at && chunk[end - 1] === 0x0d) end -= 1;
      if (skipSpace(chunk, at, end) < end) {
        yield text === undefined || end - at > limits.maxLineBytes
          ? parseLine(chunk.subarray(at, end), line, limits) : parseText(text.slice(at, end), new ParsedLine(line, chunk, at, end), limits);
      }
      at = next;
    }
    from = to;
  }
}

const endsLine = (bytes: Buffer, at: number) => at === bytes.length || bytes[at] === NEWLINE;

/** After the last line feed of the next so many bytes, or after the line when it is longer than that. `from` is where a line starts. */
function endOfChunk(bytes: Buffer, from: number): number {
  if (bytes.length - from <= CHUNK_BYTES) return bytes.length;
  const last = bytes.lastIndexOf(NEWLINE, from + CHUNK_BYTES - 1);
  const end = last >= from ? last : bytes.indexOf(NEWLINE, from + CHUNK_BYTES);
  return end === -1 ? bytes.length : end + 1;
}

function parseLine(raw: Buffer, line: number, limits: Limits): ParsedLine {
  const parsed = new ParsedLine(line, raw, 0, raw.length);
  if (raw.length > limits.maxLineBytes) return parsed.refuse({ code: 'too_long', reason: `longer than ${limits.maxLineBytes} bytes` });
  // Most lines are ASCII, of which a character is a byte.
  if (isAscii(raw)) return parseText(raw.toString('latin1'), parsed, limits);
  return isUtf8(raw) ? parseText(raw.toString('utf8'), parsed, limits) : parsed.refuse({ code: 'invalid_utf8', reason: 'not valid UTF-8' });
}

function parseText(text: string, parsed: ParsedLine, limits: Limits): ParsedLine {
  if (limits.text && isPlainText(text)) return parsed.accept(text);
  if (isDeeper(text, limits.maxDepth)) return parsed.refuse({ code: 'too_deep', reason: `nested deeper than ${limits.maxDepth} levels` });
  // Most of what is no JSON shows it at its ends, and an exception costs more than a good line.
  if (!hasBrackets(text)) return parsed.refuse(SCALAR.test(text) ? notAnObject : invalidJson(text));
  try {
    return parsed.accept(JSON.parse(text) as unknown);
  } catch {
    // The exception's message quotes the text, which could be a secret.
    return parsed.refuse(invalidJson(text));
  }
}

/** Access-log lines start with an address: neither as an object, an array or a string of JSON does. */
const isPlainText = (text: string) => /^\s*[^\s{["]/.test(text);

/** Whether the text, apart from white space, starts and ends as an object or array does. */
function hasBrackets(text: string): boolean {
  let first = 0;
  while (text.charCodeAt(first) <= 0x20) first += 1;
  let last = text.length - 1;
  while (last > first && text.charCodeAt(last) <= 0x20) last -= 1;
  const opening = text.charCodeAt(first);
  const closing = text.charCodeAt(last);
  return (opening === 0x7b && closing === 0x7d) || (opening === 0x5b && closing === 0x5d);
}

const notAnObject: LineProblem = { code: 'not_an_object', reason: 'not a JSON object' };

const invalidJson = (text: string): LineProblem =>
  ({ code: 'invalid_json', reason: text.includes('\0') ? 'not valid JSON: it holds NUL bytes' : 'not valid JSON' });
