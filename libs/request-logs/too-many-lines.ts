import { AppError } from '@keytrail/platform';

/** Lines, or requests in them, of one batch. */
export const MOST_LINES = 100_000;

export const tooManyLines = (most = MOST_LINES): AppError =>
  new AppError({ code: 'too_many_lines', status: 413, message: `A batch holds at most ${most} lines; send several.` });
