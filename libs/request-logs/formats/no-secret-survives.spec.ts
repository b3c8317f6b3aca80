import { describe, expect, it } from '@jest/globals';
import { createHmac } from 'node:crypto';
import type { RequestLogFormat } from '@keytrail/contracts';
import fc from 'fast-check';
import { describeDeadLetter } from '../dead-letter.js';
import { normaliseLine } from '../normalise.js';
import { context, fixtureValues, fixtures } from '../spec-support/fixtures.js';
import { formats } from './index.js';

const made = (seed: string, length: number) => createHmac('sha512', 'test').update(seed).digest('base64').replace(/[^0-9A-Za-z]/g, '').slice(0, length);
const secret = `kt_live_${made('key', 36)}`;
const opaque = `made-${made('opaque', 20)}`;
const all = fixtures.flatMap(([file, format]) => fixtureValues(file, format).map((value) => ({ format, value })));

/** Everything that would be stored or told of a value: rows, and reasons. */
const outcomesOf = (format: RequestLogFormat, value: unknown) => formats[format](value).map((item) => (item.line ? normaliseLine(item.line, context) : item));

/** A copy of the value for each text in it, changed there; inside JSON in a text, too. */
function changed(value: unknown, change: (text: string) => string): unknown[] {
  if (typeof value === 'string') {
    if (!value.startsWith('{')) return [change(value)];
    return changed(JSON.parse(value), change).map((inner) => JSON.stringify(inner));
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => changed(item, change).map((other) => (Array.isArray(value) ? value.map((old: unknown, at) => (at === Number(name) ? other : old)) : { ...value, [name]: other })));
}

/** A copy of the value for each value in it, with `odd` in its place. */
const replaced = (value: unknown, odd: unknown): unknown[] => (typeof value !== 'object' || value === null ? [odd]
  : [odd, ...Object.entries(value).flatMap(([name, item]) => replaced(item, odd).map((other) => (Array.isArray(value) ? value.map((old: unknown, at) => (at === Number(name) ? other : old)) : { ...value, [name]: other })))]);

const namesIn = (value: unknown): string[] => (typeof value !== 'object' || value === null ? []
  : Object.entries(value).flatMap(([name, item]) => [...(Array.isArray(value) ? [] : [name]), ...namesIn(item)]));

describe('whatever a gateway writes', () => {
  it('should not let a key through that stands in any text of a record', () => {
    const ways = [(text: string) => secret + text.slice(text.length), (text: string) => `${text} ${secret}`, (text: string) => `${text}?k=${encodeURIComponent(secret)}`,
      (text: string) => `Bearer ${secret}, ${text}`];
    let seen = 0;
    for (const { format, value } of all) {
      for (const way of ways) {
        for (const planted of changed(value, way)) {
          const told = JSON.stringify(outcomesOf(format, planted));
          if (told.includes('"row"')) seen += 1;
          if (told.includes(secret)) throw new Error(`${format}: ${JSON.stringify(planted)}`);
        }
      }
    }
    expect(seen).toBeGreaterThan(800);
  });

  it('should not let a key through at any place of a line of text', () => {
    const lines = fixtureValues('combined.txt', 'combined').filter((value) => typeof value === 'string');
    fc.assert(fc.property(fc.constantFrom(...lines), fc.nat(), fc.constantFrom('', ' ', '"', '=', '/'), (line, place, before) => {
      const at = place % (line.length + 1);
      expect(JSON.stringify(outcomesOf('combined', `${line.slice(0, at)}${before}${secret}${line.slice(at)}`))).not.toContain(secret);
    }), { numRuns: 1500 });
  });

  it('should not let an opaque secret through in a field whose name tells', () => {
    const fields = fc.constantFrom<Record<string, unknown>>({ api_key: opaque }, { apiKey: opaque }, { 'x-api-key': opaque }, { Authorization: `Bearer ${opaque}` }, { token: { a: opaque } },
      { headers: { cookie: opaque } }, { 'REQ(X-API-KEY)': opaque }, { '%REQ(AUTHORIZATION)%': opaque }, { a: { b: { client_secret: opaque } } }, { a: [{ password: opaque }] }, { identity: { apiKey: opaque } },
      { list: [{ name: 'x-api-key', value: opaque }] }, { list: [{ value: opaque, key: 'Authorization' }] }, { list: [{ name: 'session', values: [opaque] }] });
    const objects = all.filter(({ value }) => typeof value === 'object');
    fc.assert(fc.property(fc.constantFrom(...objects), fields, (one, added) => {
      for (const value of Array.isArray(one.value) ? one.value as object[] : [one.value as object]) {
        expect(JSON.stringify(outcomesOf(one.format, { ...value, ...added }))).not.toContain(opaque);
        expect(JSON.stringify(outcomesOf(one.format, { ...added, ...value }))).not.toContain(opaque);
      }
    }), { numRuns: 600 });
  });

  it('should not let an opaque secret through in a dead letter, whole or cut', () => {
    const fields: Record<string, unknown>[] = [{ 'x-api-key': opaque }, { '%REQ(X-API-KEY?AUTH):30%': opaque }, { headers: [{ name: 'x-api-key', value: opaque }] }, { session: opaque }, { 'x-hub-signature-256': opaque },
      { http_headers: [{ value: opaque, name: 'authorization' }] }, { raw: ['host', 'api.example', 'x-api-key', opaque] }, { list: [{ key: 'x-api-key', value: { stringValue: opaque } }] }, { auth_header: opaque }];
    for (const { value } of all.filter(({ value }) => typeof value === 'object')) {
      for (const one of Array.isArray(value) ? value as object[] : [value as object]) {
        for (const added of fields) {
          const text = JSON.stringify({ ...added, ...one, time: 'yesterday' });
          // Where the name comes last, what is cut before it cannot be told.
          const end = 'http_headers' in added ? -2 : text.indexOf(opaque) + opaque.length;
          for (const raw of [text, JSON.stringify({ message: text }), text.slice(0, end)]) {
            const { payload } = describeDeadLetter(Buffer.from(raw), { code: 'invalid_field', reason: 'time' }, context.redactor);
            if (payload.includes(opaque)) throw new Error(payload);
          }
        }
      }
    }
  });

  it('should never make a mapper throw by an odd value in place of any', () => {
    // The first cannot be made a number or a text.
    const odd = ['{"toString":1,"valueOf":1,"length":1}', '[[{"toString":1}]]', '{}', 'null', '-1', '1e308', '"\\ud800"'].map((json) => JSON.parse(json) as unknown);
    let tried = 0;
    for (const { format, value } of all) {
      for (const other of odd.flatMap((one) => replaced(value, one))) {
        for (const name of [format, 'auto'] as const) tried += outcomesOf(name, other).length > 0 ? 1 : 0;
      }
    }
    expect(tried).toBeGreaterThan(3000);
  });

  it('should never make a mapper throw, or tell a value of what it refuses', () => {
    const names = [...new Set(all.flatMap(({ value }) => namesIn(value)))];
    const text = fc.oneof(fc.string(), fc.constantFrom('-', '', '\0', '\ud800', '1e999', '2026-03-01T10:00:00Z', '01/Mar/2026:10:00:00 +0000', 'planted'));
    const anything = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 4 }, text, fc.double(), fc.integer(), fc.boolean(), fc.constant(null), fc.constant({ toString: 1, valueOf: 1, length: 1 }), fc.array(tie('value'), { maxLength: 4 }), tie('object')),
      object: fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), tie('value'), { maxKeys: 12 }),
    }));
    const broken = fc.tuple(fc.constantFrom(...all), anything.object, fc.array(fc.constantFrom(...names), { maxLength: 3 })).map(([{ value }, other, without]) => {
      const base = typeof value === 'object' && !Array.isArray(value) ? { ...value as Record<string, unknown> } : {};
      for (const name of without) delete base[name];
      return { ...base, ...other as object };
    });
    const kinds = Object.keys(formats) as RequestLogFormat[];
    fc.assert(fc.property(fc.oneof(anything.value, broken), fc.constantFrom(...kinds), (value, format) => {
      for (const item of formats[format](value)) {
        if (item.line) expect(normaliseLine(item.line, context)).toBeDefined();
        else expect(item.problem.reason).not.toContain('planted');
      }
    }), { numRuns: 2000 });
  });
});
