import { sql, type Selectable } from 'kysely';
import type { FeedBounds } from '@keytrail/platform';
import { inWorkspaces, type Executor, type KeyEventTable } from '@keytrail/postgres';

export type KeyEventRow = Selectable<KeyEventTable>;

/** Events after a position, in order: those of keys in workspaces (null = all), and of keys of the account. */
export const keyEventsAfter = (executor: Executor, position: number, limit: number, workspaces: readonly string[] | null = null): Promise<KeyEventRow[]> =>
  executor.selectFrom('key_events').selectAll().where('position', '>', position)
    .where((where) => where.or([where('workspace_id', 'is', null), inWorkspaces(workspaces)]))
    .orderBy('position').limit(limit).execute();

/** The first events of keys from a moment on, oldest first. */
export const keyEventsOf = (executor: Executor, keyIds: readonly string[], from: Date, limit: number): Promise<KeyEventRow[]> =>
  keyIds.length === 0 ? Promise.resolve([]) : executor.selectFrom('key_events').selectAll().where('key_id', 'in', [...keyIds]).where('at', '>=', from)
    .orderBy('position').limit(limit).execute();

export async function feedBounds(executor: Executor): Promise<FeedBounds> {
  const { rows } = await sql<FeedBounds>`SELECT greatest((SELECT max(position) FROM key_events), forgotten_until) AS last, forgotten_until FROM key_feed`.execute(executor);
  const [bounds] = rows;
  if (bounds === undefined) throw new Error('key_feed has lost its row');
  return bounds;
}

/** Which keys changed after a position. */
export const fingerprintsAfter = (executor: Executor, position: number, limit: number): Promise<{ position: number; fingerprint: string }[]> =>
  executor.selectFrom('key_events').select(['position', 'fingerprint']).where('position', '>', position).orderBy('position').limit(limit).execute();
