import { z } from 'zod';
import type { KeyEvent } from '@keytrail/contracts';
import { AppError, decodeCursor, type WorkspaceScope } from '@keytrail/platform';
import type { FeedBounds, KeyEventRow } from './key-event.store.js';

const Position = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/**
 * The position that a cursor stands for. Throws 400 `invalid_cursor` for one that was never given out, and 410 `cursor_gone` for one after
 * which events may be missing: they were deleted, or the database was put back to an earlier state.
 */
export function startOf(cursor: string | undefined, { last, forgotten_until }: FeedBounds, otherwise: number): number {
  if (cursor === undefined) return otherwise;
  if (cursor === 'now') return last;
  const position = decodeCursor(Position, cursor);
  if (position >= forgotten_until && position <= last) return position;
  throw new AppError({
    code: 'cursor_gone', status: 410, message: 'Events after this cursor may be missing. Forget what you keep of keys, and start with the cursor `now`.',
  });
}

/** Keys of the account are good in every workspace, so everybody hears of them. */
export const seesEvent = (scope: WorkspaceScope, { workspace_id }: Pick<KeyEventRow, 'workspace_id'>): boolean =>
  workspace_id === null || scope.allows(workspace_id);

const iso = (date: Date | null) => date?.toISOString() ?? null;

export const presentEvent = (row: KeyEventRow): KeyEvent => ({
  ...row, at: row.at.toISOString(), expires_at: iso(row.expires_at), revoked_at: iso(row.revoked_at),
});
