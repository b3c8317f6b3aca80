import { type RawBuilder, sql } from 'kysely';

/** The condition that keeps a query within workspaces: null = all, empty = none. */
export const inWorkspaces = (workspaces: readonly string[] | null, column = 'workspace_id'): RawBuilder<boolean> =>
  (workspaces === null ? sql<boolean>`true` : sql<boolean>`${sql.ref(column)} = ANY(${workspaces}::text[])`);
