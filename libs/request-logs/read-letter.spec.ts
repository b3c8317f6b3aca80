import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { lineInMessage, readLetter, redactorOfRedacted } from './read-letter.js';
import { createRedactor } from './redact.js';
import type { NormaliseContext } from './row.js';

const redactor = createRedactor(Buffer.alloc(32, 5));
const now = Date.UTC(2026, 2, 1);
const context: NormaliseContext = {
  defaultWorkspace: 'default', acceptsWorkspace: (workspace) => workspace === 'default', redactor, countryOf: () => '', source: 'http', receivedAt: now,
  resolveKey: () => undefined, lookupKey: () => undefined,
};
const line = (fields: object = {}) => ({ time: now - 1_000, request_id: 'r', method: 'GET', path: '/', status: 200, ...fields });
const letter = (value: unknown, isMessage = false) => ({ bytes: bytes(value), isMessage });
const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const digest = (value: Buffer) => createHash('sha256').update(value).digest('hex');

describe('a letter that is read again', () => {
  it('gives every request in it', () => {
    expect(readLetter(letter([line({ request_id: 'a' }), line({ request_id: 'b' })]), 'native', null, context).rows?.map(({ request_id }) => request_id)).toEqual(['a', 'b']);
  });

  it('gives those alone that were refused, however the line would be split', () => {
    const list = { Records: ['a', 'b', 'c'].map((request_id) => line({ request_id })) };
    expect(readLetter(letter(list), 'auto', [0, 2], context).rows?.map(({ request_id }) => request_id)).toEqual(['a', 'c']);
  });

  it('gives those of a message that were refused, counted through its lines', () => {
    const message = `${JSON.stringify(line({ request_id: 'a' }))}\n{"broken\n${JSON.stringify([line({ request_id: 'b' }), line({ request_id: 'c' })])}\n${JSON.stringify(line({ request_id: 'd' }))}`;
    const read = (items: number[]) => readLetter(letter(message, true), 'native', items, context);
    expect(read([0, 3, 4]).rows?.map(({ request_id }) => request_id)).toEqual(['a', 'c', 'd']);
    expect(read([0, 1])).toMatchObject({ problem: { code: 'invalid_json' } });
    expect(read([9])).toMatchObject({ problem: { code: 'not_an_object' } });
  });

  it.each<[string, unknown, string]>([
    ['one of its requests is bad still', [line(), line({ workspace: 'nowhere' })], 'unknown_workspace'], ['it is no JSON', '{"a', 'invalid_json'], ['it is empty', '', 'not_an_object'],
    ['it is too deep', `${'['.repeat(100)}${']'.repeat(100)}`, 'too_deep'],
  ])('gives nothing when %s', (_name, value, code) => {
    expect(readLetter(letter(value), 'native', null, context)).toMatchObject({ problem: { code } });
  });

  it('gives nothing when what was JSON is none without its secrets', () => {
    expect(readLetter(letter('{"a":fp_x}'), 'native', [0], context)).toMatchObject({ problem: { code: 'invalid_json' } });
  });
});

describe('the line of a letter in its message', () => {
  const message = bytes(`${JSON.stringify(line({ request_id: 'a' }))}\n${JSON.stringify(line({ request_id: 'b' }))}`);
  it.each([['the message itself', message], ['its second line', bytes(line({ request_id: 'b' }))]])('is %s', (_name, expected) => {
    expect(lineInMessage(message, digest(expected), 'native')).toEqual({ bytes: expected, isMessage: expected === message });
  });

  it('is none when another message stands there by now', () => {
    expect(lineInMessage(message, digest(bytes('something else')), 'native')).toBeUndefined();
  });
});

it('a fingerprint in place of a credential stays what it is, and a credential becomes one', () => {
  const made = redactor.fingerprint('a secret');
  expect(redactorOfRedacted(redactor).fingerprint(made)).toBe(made);
  expect(redactorOfRedacted(redactor).fingerprint('a secret')).toBe(made);
});
