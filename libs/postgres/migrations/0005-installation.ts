import { sql, type Kysely, type Migration } from 'kysely';

/** What belongs to the installation as a whole: one row. */
export const installation: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`CREATE TABLE installation (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), master_key_check text NOT NULL)`.execute(db);
  },
};
