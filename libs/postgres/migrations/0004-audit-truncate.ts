import { sql, type Kysely, type Migration } from 'kysely';

/** Row triggers do not see a TRUNCATE: the audit trail refuses it too. */
export const auditTruncate: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`CREATE TRIGGER audit_entries_never_emptied BEFORE TRUNCATE ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`.execute(db);
  },
};
