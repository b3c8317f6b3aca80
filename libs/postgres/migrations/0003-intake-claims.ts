import { sql, type Kysely, type Migration } from 'kysely';

/** An Idempotency-Key is claimed for a body before the body is stored: the counts come later. */
export const intakeClaims: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`ALTER TABLE intake_batches ALTER received DROP NOT NULL, ALTER stored DROP NOT NULL, ALTER dead_lettered DROP NOT NULL`.execute(db);
  },
};
