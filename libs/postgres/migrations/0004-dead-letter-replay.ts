import { sql, type Kysely, type Migration } from 'kysely';

/** What a dead letter needs to be stored after all, once. */
export const deadLetterReplay: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`ALTER TABLE dead_letters
      ADD COLUMN format text, ADD COLUMN default_workspace text NOT NULL DEFAULT '', ADD COLUMN whole boolean NOT NULL DEFAULT false,
      ADD COLUMN requests integer NOT NULL DEFAULT 1, ADD COLUMN items jsonb,
      ADD COLUMN topic text, ADD COLUMN partition integer, ADD COLUMN "offset" bigint,
      ADD COLUMN replay_started_at timestamptz, ADD COLUMN replayed_at timestamptz, ADD COLUMN replayed_by text`.execute(db);
  },
};
