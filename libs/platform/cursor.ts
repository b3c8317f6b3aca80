import type { z } from 'zod';
import { badRequest } from './errors.js';

/** An opaque page cursor that holds `value`. */
export const encodeCursor = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The value of a cursor made by {@link encodeCursor}; 400 `invalid_cursor` for anything else. */
export function decodeCursor<T extends z.ZodType>(schema: T, cursor: string): z.infer<T> {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch {
    throw badRequest('invalid_cursor', 'The cursor is not one that this listing gave out.');
  }
}
