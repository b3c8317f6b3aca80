import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { z } from 'zod';
import { decodeCursor, encodeCursor, idPosition, timePosition } from './cursor.js';
import { newId } from './ids.js';

const refused = expect.objectContaining({ status: 400, code: 'invalid_cursor' });
const decode = (schema: z.ZodType, cursor: string) => () => decodeCursor(schema, cursor);

describe('cursor', () => {
  it('gives back what it holds', () => {
    fc.assert(fc.property(fc.tuple(fc.integer({ min: 0, max: 8.64e15 }), fc.constant(newId('inc'))), (position) => {
      expect(decodeCursor(timePosition('inc'), encodeCursor(position))).toEqual(position);
    }));
  });

  it('refuses whatever was not encoded like this, and never fails otherwise', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.base64String(), fc.json().map((json) => Buffer.from(json).toString('base64url'))), (cursor) => {
      expect(decode(idPosition('key'), cursor)).toThrow(refused);
    }));
  });

  it('refuses the same value in another spelling', () => {
    const cursor = encodeCursor(newId('key'));
    for (const other of [`${cursor}=`, `${cursor} `, `.${cursor}`, cursor.slice(0, -1), Buffer.from(` ${JSON.stringify('key')}`).toString('base64url')]) {
      expect(decode(idPosition('key'), other)).toThrow(refused);
    }
  });

  it('refuses positions that no row can have', () => {
    for (const position of [[-1, newId('inc')], [8.64e15 + 1, newId('inc')], [0.5, newId('inc')], [0, newId('key')], [0, 'inc_\u0000'], [0], []]) {
      expect(decode(timePosition('inc'), encodeCursor(position))).toThrow(refused);
    }
  });
});
