import { z } from 'zod';
import { badRequest } from './errors.js';

/** Where a page of a listing by id ended. `prefix` is that of the ids: `key` for `key_0198…`. */
export const idPosition = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_[0-9a-f]{32}$`));

/** Where a page of a listing by time, then id, ended. Epoch milliseconds. */
export const timePosition = (prefix: string) => z.tuple([z.number().int().min(0).max(8.64e15), idPosition(prefix)]);

/** An opaque page cursor that holds `value`. */
export const encodeCursor = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The value of a cursor made by {@link encodeCursor}; 400 `invalid_cursor` for anything else. */
export function decodeCursor<T extends z.ZodType>(schema: T, cursor: string): z.infer<T> {
  try {
    const value = schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    if (encodeCursor(value) === cursor) return value;
  } catch {
    // told below, without what it held
  }
  throw badRequest('invalid_cursor', 'The cursor is not one that this listing gave out.');
}
