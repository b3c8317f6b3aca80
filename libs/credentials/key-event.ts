import type { KeyEvent } from '@keytrail/contracts';
import type { WorkspaceScope } from '@keytrail/platform';
import type { KeyEventRow } from './key-event.store.js';

/** Keys of the account are good in every workspace, so everybody hears of them. */
export const seesEvent = (scope: WorkspaceScope, { workspace_id }: Pick<KeyEventRow, 'workspace_id'>): boolean =>
  workspace_id === null || scope.allows(workspace_id);

const iso = (date: Date | null) => date?.toISOString() ?? null;

export const presentEvent = (row: KeyEventRow): KeyEvent => ({
  ...row, at: row.at.toISOString(), expires_at: iso(row.expires_at), revoked_at: iso(row.revoked_at),
});
