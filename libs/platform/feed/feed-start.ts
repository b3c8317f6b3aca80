import { z } from 'zod';
import { decodeCursor } from '../cursor.js';
import { AppError } from '../errors.js';

export interface FeedBounds {
  /** Position of the last event; 0 = there was none. */
  last: number;
  /** What is not after this was deleted. */
  forgotten_until: number;
}

const Position = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/**
 * The position that a cursor stands for. Throws 400 `invalid_cursor` for one that was never given out, and 410 `cursor_gone` for one after
 * which events may be missing: they were deleted, or the database was put back to an earlier state.
 */
export function startOf(cursor: string | undefined, { last, forgotten_until }: FeedBounds, otherwise: number, startAnew: string): number {
  if (cursor === undefined) return otherwise;
  if (cursor === 'now') return last;
  const position = decodeCursor(Position, cursor);
  if (position >= forgotten_until && position <= last) return position;
  throw new AppError({ code: 'cursor_gone', status: 410, message: `Events after this cursor may be missing. ${startAnew}` });
}

/** Whether an `Accept` header asks for a stream of events. */
export const wantsStream = (accept: string | undefined): boolean => /(?:^|,)\s*text\/event-stream\s*(?:;|,|$)/i.test(accept ?? '');
