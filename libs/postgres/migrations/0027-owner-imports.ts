import { sql, type Kysely, type Migration } from 'kysely';

/** Whom to ask when an owner does not answer, what other systems call an owner, and how far each of them was read. */
export const ownerImports: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      // `source`: the import that tells of the owner; null for those that only people wrote down.
      sql`ALTER TABLE owners
        ADD COLUMN email text, ADD COLUMN handle text, ADD COLUMN external_id text, ADD COLUMN source text,
        ADD COLUMN escalation jsonb NOT NULL DEFAULT '[]'`,
      sql`CREATE UNIQUE INDEX owners_by_external_id ON owners (account_id, external_id) WHERE external_id IS NOT NULL`,
      sql`CREATE UNIQUE INDEX owners_by_handle ON owners (account_id, lower(handle)) WHERE handle IS NOT NULL`,
      // What was read of a file last: one that is as it was is not read again, whichever process looks.
      sql`CREATE TABLE owner_feeds (source text PRIMARY KEY, sha256 text NOT NULL, read_at timestamptz NOT NULL, outcome text NOT NULL)`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
