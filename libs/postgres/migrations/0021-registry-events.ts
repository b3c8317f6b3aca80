import { sql, type Kysely, type Migration } from 'kysely';

/** Rules ask every minute which scopes were changed; nothing else asks the audit trail by time and kind. */
export const registryEvents: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      sql`CREATE INDEX audit_entries_of_scopes ON audit_entries (at) WHERE action LIKE '%.changed' AND detail #> '{after,scopes}' IS NOT NULL`,
      sql`CREATE INDEX incidents_unsettled ON incidents (opened_at) WHERE state IN ('open', 'acknowledged', 'contained')`,
      sql`CREATE INDEX containments_with_overlap ON containments (started_at) WHERE overlap_ends_at IS NOT NULL`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
