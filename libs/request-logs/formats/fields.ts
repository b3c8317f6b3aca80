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

/** Without the entries that are not known. */
export function known<T extends object>(fields: T): T {
  for (const name of Object.keys(fields) as (keyof T)[]) if (fields[name] === undefined) delete fields[name];
  return fields;
}
