import { cutText, printable } from '../clean-text.js';
import type { JsonObject } from './mapped-line.js';
import { isObject } from './mapped-line.js';

/*
 * Readers of other gateways' records. What does not fit the contract is cut or left out, so that a caller who writes an odd header does
 * not keep the request out of the store; the fields a request cannot do without are checked afterwards.
 */

export const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {});

/** Printable text of at most `max` characters; numbers as text; undefined when there is none. */
export function textOf(value: unknown, max: number): string | undefined {
  const text = typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
  const shown = cutText(printable(text), max).trim();
  return shown === '' ? undefined : shown;
}

/** An id without white space, else undefined: an id that was cut or changed would name something else. */
export function idOf(value: unknown, max: number): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text.length > 0 && text.length <= max && !/[\s\u0000-\u001f\u007f]/.test(text) ? text : undefined;
}

/** A whole number from 0 on, also one written as text. */
export function countOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !(number >= 0)) return undefined;
  const whole = Math.round(number);
  return Number.isSafeInteger(whole) ? whole : undefined;
}

/** An operation name as the contract allows it; other characters become `_`. */
export function methodOf(value: unknown): string | undefined {
  const text = textOf(value, 64)?.replace(/[^A-Za-z0-9_-]/g, '_');
  return text === undefined ? undefined : /^[A-Za-z]/.test(text) ? text : `X${text}`.slice(0, 64);
}

/** What gateways write where there is nothing. */
export const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === '' || value === '-';

/** A status of HTTP. 0 and 000 stand for a caller that was gone before there was an answer: 499. */
export function statusOf(value: unknown): number | undefined {
  const status = countOf(value);
  return status === 0 ? 499 : status;
}

/** Milliseconds, at most a day; a number, or text such as `12`, `0.4` or `12ms`. `unit` is what one of it stands for, in milliseconds. */
export function latencyOf(value: unknown, unit = 1): number | undefined {
  const number = typeof value === 'string' && /^\d{1,12}(?:\.\d{1,9})?(?:ms)?$/.test(value) ? Number.parseFloat(value) : value;
  if (typeof number !== 'number' || !(number >= 0)) return undefined;
  const latency = Math.round(number * unit * 1000) / 1000;
  return latency <= 86_400_000 ? latency : undefined;
}

const DAY_AND_TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)$/;
const COMMON_LOG = /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d\d)(\d\d)$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * Epoch milliseconds of an instant as gateways write it: RFC 3339, the Common Log Format (`10/Oct/2000:13:55:36 -0700`), or seconds,
 * milliseconds, microseconds or nanoseconds since 1970, told apart by their size. Without an offset it names no instant: undefined.
 */
export function timeOf(value: unknown): number | undefined {
  const text = typeof value === 'string' ? value.trim() : value;
  if (typeof text === 'number') return epochMs(text);
  if (typeof text !== 'string') return undefined;
  if (/^\d{1,19}(?:\.\d{1,9})?$/.test(text)) return epochMs(Number(text));
  const common = COMMON_LOG.exec(text);
  if (common) {
    const [, day, name, year, time, hours, minutes] = common;
    const month = MONTHS.indexOf(name!) + 1;
    return month === 0 ? undefined : instant(`${year}-${String(month).padStart(2, '0')}-${day}T${time}${hours}:${minutes}`);
  }
  return DAY_AND_TIME.test(text) ? instant(text.replace(' ', 'T').replace(',', '.')) : undefined;
}

function instant(text: string): number | undefined {
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

function epochMs(number: number): number | undefined {
  if (!(number >= 0)) return undefined;
  const unit = number < 1e11 ? 1000 : number < 1e14 ? 1 : number < 1e17 ? 1e-3 : 1e-6;
  return Math.trunc(Math.round(number * unit * 1000) / 1000);
}

/** The path and query of a URL; of anything else the text as it is. */
export function pathOf(url: unknown): string | undefined {
  const text = textOf(url, 16_384);
  const [, afterHost] = text === undefined ? [] : /^[A-Za-z][A-Za-z0-9+.-]{0,31}:\/\/[^/?#]*(.*)$/.exec(text) ?? [];
  return afterHost === undefined ? text : afterHost === '' ? '/' : afterHost;
}

/** Without the entries that are not known. */
export function known<T extends object>(fields: T): T {
  for (const name of Object.keys(fields) as (keyof T)[]) if (fields[name] === undefined) delete fields[name];
  return fields;
}
