import type { CredentialKind, Outcome } from '@keytrail/contracts';
import { outcomeOf } from '../normalise.js';
import type { RequestLogRow } from '../row.js';
import { NO_SIGNS } from '../signs.js';
import { NUMBER, TEXT, plainFields, type NumberField, type PlainField, type TextField } from './plain-fields.js';
import { isDateTime } from './quick-check.js';

const QUOTE = 0x22;
const COMMA = 0x2c;
const DOT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;
/** Bytes that end a plain text: its quote, or what makes it not plain (escapes, control characters, what is not ASCII). */
const STOPS = Uint8Array.from({ length: 256 }, (_, byte) => (byte === QUOTE || byte === 0x5c || byte < 0x20 || byte >= 0x7f ? 1 : 0));
/** Numbers of so many digits are exact. */
const MOST_DIGITS = 15;
const POWERS = Array.from({ length: MOST_DIGITS + 1 }, (_, power) => 10 ** power);
/** Between two values: a name with its punctuation, and some blanks. */
const LONGEST_TOKEN = 64;
const DAY = 'YYYY-MM-DD'.length;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const NOT_PLAIN = -1;

/** What comes between a value and the next, and whose value it is. */
interface Follow {
  token: Uint8Array;
  field: PlainField;
  isText: boolean;
}

/**
 * Reads lines of the native format in which nothing has to be looked at twice, straight from their bytes into rows: flat objects of known fields in
 * printable ASCII, each value as the contract has it and stored as it came. Nearly all lines are such, and it costs a third of the way round by
 * `JSON.parse`. Any other line is no problem of its own: it is read the regular way, which says what is wrong with it, if anything. Both ways give
 * the same row (a spec holds them to it).
 *
 * A gateway writes its fields in one order: what came after a field is looked for first the next time, and values that came before are known again
 * by their bytes. Both only save time.
 */
export class PlainLineReader {
  /** Just behind the line that was read last. */
  end = 0;
  private readonly fields = plainFields();
  private readonly required = ['time', 'request_id', 'method', 'path', 'status'].reduce((bits, name) => bits | this.bitOf(name), 0);
  /** By the index of the field before; last of all: the opening of a line. */
  private readonly follows: (Follow | undefined)[] = new Array<undefined>(this.fields.size + 1).fill(undefined);
  private readonly texts: string[] = new Array<string>(Object.keys(TEXT).length).fill('');
  private readonly numbers: (number | null)[] = new Array<null>(Object.keys(NUMBER).length).fill(null);
  private time = 0;
  private hash = 0;
  private day = '';
  private dayStart = 0;

  /**
   * The row of the line that starts at `start` and ends where its object does, on the same line; undefined when it is not plain. What only the
   * context tells is left to `completeRow`: workspace, kind and country as far as the line does not say, source and place, the time of receipt.
   */
  read(bytes: Buffer, start: number): RequestLogRow | undefined {
    const { texts, numbers, follows } = this;
    // Not `fill`: on short lists a call into the runtime takes longer.
    for (let place = 0; place < texts.length; place += 1) texts[place] = '';
    for (let place = 0; place < numbers.length; place += 1) numbers[place] = null;
    let at = start;
    let last = this.fields.size;
    let seen = 0;
    do {
      let follow = follows[last];
      if (follow === undefined || !isAt(bytes, at, follow.token)) {
        follow = this.followAt(bytes, at, last);
        if (follow === undefined) return undefined;
      }
      const { field, token, isText } = follow;
      if ((seen & (1 << field.index)) !== 0) return undefined;
      seen |= 1 << field.index;
      last = field.index;
      at += token.length;
      at = field.kind === 'text' ? this.readText(bytes, at, field) : field.kind === 'number' ? this.readNumber(bytes, at, field)
        : isText ? this.readTime(bytes, at) : this.readNumber(bytes, at, undefined);
      if (at === NOT_PLAIN) return undefined;
      if (bytes[at] !== CLOSE && bytes[at] !== COMMA) at = skipBlanks(bytes, at);
    } while (bytes[at] !== CLOSE);
    this.end = at + 1;
    return (seen & this.required) === this.required ? this.row() : undefined;
  }

  private row(): RequestLogRow {
    const { texts, numbers } = this;
    const status = numbers[NUMBER.status]!;
    const outcome = texts[TEXT.outcome]!;
    return {
      workspace_id: texts[TEXT.workspace]!, key_id: texts[TEXT.key_id]!, key_fingerprint: '', credential_kind: (texts[TEXT.credential_kind]! || 'unknown') as CredentialKind,
      principal: texts[TEXT.principal]!, request_id: texts[TEXT.request_id]!, time: this.time, outcome: outcome === '' ? outcomeOf(status) : outcome as Outcome,
      refusal_reason: texts[TEXT.refusal_reason]!, method: texts[TEXT.method]!, route: texts[TEXT.route]!, path: texts[TEXT.path]!, status,
      latency_ms: numbers[NUMBER.latency_ms]!, bytes_in: numbers[NUMBER.bytes_in]!, bytes_out: numbers[NUMBER.bytes_out]!, address: texts[TEXT.address]!, country: '',
      user_agent: texts[TEXT.user_agent]!, origin: '', referer: '', tenant: texts[TEXT.tenant]!, environment: texts[TEXT.environment]!,
      gateway_node: texts[TEXT.gateway_node]!, attributes: NO_ATTRIBUTES, signs: NO_SIGNS, source: '', topic: '', partition: -1, offset: -1, ingested_at: 0,
    };
  }

  private bitOf(name: string): number {
    return 1 << this.fields.get(name)!.index;
  }

  /** Reads what comes before a value, and remembers it. */
  private followAt(bytes: Buffer, start: number, last: number): Follow | undefined {
    if (bytes[start] !== (last === this.fields.size ? OPEN : COMMA)) return undefined;
    const quote = skipBlanks(bytes, start + 1);
    if (bytes[quote] !== QUOTE) return undefined;
    const end = this.endOfText(bytes, quote + 1);
    if (end === NOT_PLAIN || end - start > LONGEST_TOKEN) return undefined;
    const field = this.fields.get(bytes.toString('latin1', quote + 1, end));
    const colon = skipBlanks(bytes, end + 1);
    if (field === undefined || bytes[colon] !== COLON) return undefined;
    const value = skipBlanks(bytes, colon + 1);
    const isText = bytes[value] === QUOTE;
    if (value - start > LONGEST_TOKEN) return undefined;
    if (field.kind !== 'time' && isText !== (field.kind === 'text')) return undefined;
    const follow: Follow = { token: Uint8Array.from(bytes.subarray(start, isText ? value + 1 : value)), field, isText };
    this.follows[last] = follow;
    return follow;
  }

  /** Index of the quote that ends the text; sets `hash`. */
  private endOfText(bytes: Buffer, from: number): number {
    const end = bytes.length;
    let hash = 0;
    let at = from;
    for (; at < end; at += 1) {
      const byte = bytes[at]!;
      if (STOPS[byte] !== 0) break;
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    this.hash = hash;
    return at < end && bytes[at] === QUOTE ? at : NOT_PLAIN;
  }

  private readText(bytes: Buffer, from: number, { place, memory, isPlain }: TextField): number {
    const end = this.endOfText(bytes, from);
    if (end === NOT_PLAIN || end === from) return NOT_PLAIN;
    const { hash } = this;
    let text = memory?.find(bytes, from, end, hash);
    if (text === undefined) {
      text = bytes.toString('latin1', from, end);
      if (!isPlain(text)) return NOT_PLAIN;
      memory?.keep(text, hash);
    }
    this.texts[place] = text;
    return end + 1;
  }

  /** Digits, and digits after a point: as exact as `JSON.parse`, since both they and the power of ten are. `field` undefined: the time. */
  private readNumber(bytes: Buffer, from: number, field: NumberField | undefined): number {
    let value = 0;
    let at = from;
    let digit = digitAt(bytes, at);
    for (; digit >= 0; at += 1, digit = digitAt(bytes, at)) value = value * 10 + digit;
    let digits = at - from;
    if (digits === 0 || digits > MOST_DIGITS || (digits > 1 && bytes[from] === ZERO)) return NOT_PLAIN;
    if (bytes[at] === DOT) {
      const point = at;
      at += 1;
      digit = digitAt(bytes, at);
      for (; digit >= 0; at += 1, digit = digitAt(bytes, at)) value = value * 10 + digit;
      const places = at - point - 1;
      digits += places;
      if (places === 0 || digits > MOST_DIGITS) return NOT_PLAIN;
      value /= POWERS[places]!;
    }
    if (field === undefined) this.time = Math.trunc(value);
    else if (field.isPlain(value)) this.numbers[field.place] = value;
    else return NOT_PLAIN;
    return at;
  }

  /** RFC 3339: `2026-03-01T10:00:00.123Z` quickly, any other way through the regular one. */
  private readTime(bytes: Buffer, from: number): number {
    const end = this.endOfText(bytes, from);
    if (end === NOT_PLAIN) return NOT_PLAIN;
    this.time = end - from === 24 ? this.timeAt(bytes, from) : Number.NaN;
    if (Number.isNaN(this.time)) {
      const text = bytes.toString('latin1', from, end);
      if (!isDateTime(text)) return NOT_PLAIN;
      this.time = Date.parse(text);
    }
    return end + 1;
  }

  /** NaN when it is written in another way. */
  private timeAt(bytes: Buffer, from: number): number {
    if (bytes[from + 10] !== 0x54 || bytes[from + 13] !== COLON || bytes[from + 16] !== COLON || bytes[from + 19] !== DOT || bytes[from + 23] !== 0x5a) return Number.NaN;
    if (!this.isDay(bytes, from) && !this.startDay(bytes.toString('latin1', from, from + DAY))) return Number.NaN;
    const hour = twoDigitsAt(bytes, from + 11);
    const minute = twoDigitsAt(bytes, from + 14);
    const second = twoDigitsAt(bytes, from + 17);
    const hundredths = twoDigitsAt(bytes, from + 20);
    const thousandth = digitAt(bytes, from + 22);
    if (!(hour <= 23 && minute <= 59 && second <= 59 && hundredths <= 99 && thousandth >= 0)) return Number.NaN;
    return this.dayStart + hour * HOUR_MS + minute * MINUTE_MS + second * 1000 + hundredths * 10 + thousandth;
  }

  private isDay(bytes: Buffer, from: number): boolean {
    const { day } = this;
    for (let at = 0; at < DAY; at += 1) if (day.charCodeAt(at) !== bytes[from + at]) return false;
    return true;
  }

  private startDay(day: string): boolean {
    const midnight = `${day}T00:00:00.000Z`;
    if (!isDateTime(midnight)) return false;
    this.day = day;
    this.dayStart = Date.parse(midnight);
    return true;
  }
}

const NO_ATTRIBUTES: Readonly<Record<string, string>> = Object.freeze({});

function isAt(bytes: Uint8Array, at: number, token: Uint8Array): boolean {
  if (at + token.length > bytes.length) return false;
  for (let place = 0; place < token.length; place += 1) if (bytes[at + place] !== token[place]) return false;
  return true;
}

/** Not over line ends: a line is a line. */
function skipBlanks(bytes: Uint8Array, at: number): number {
  let next = at;
  while (bytes[next] === 0x20 || bytes[next] === 0x09) next += 1;
  return next;
}

/** Below 0 where there is none. */
function digitAt(bytes: Uint8Array, at: number): number {
  const byte = at < bytes.length ? bytes[at]! : 0;
  return byte <= 0x39 ? byte - ZERO : -1;
}

/** NaN where there are none. */
function twoDigitsAt(bytes: Uint8Array, at: number): number {
  const tens = digitAt(bytes, at);
  const ones = digitAt(bytes, at + 1);
  return tens >= 0 && ones >= 0 ? tens * 10 + ones : Number.NaN;
}
