import { sql, type Kysely, type Migration } from 'kysely';

/**
 * Which log of a partition the ledger speaks of: a topic that is made anew has offsets that begin anew. `generation` counts the logs read
 * so far, from 0.
 */
export const kafkaLogs: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`ALTER TABLE kafka_ledger
      ADD COLUMN log_id text, ADD COLUMN generation integer NOT NULL DEFAULT 0, ADD COLUMN log_since timestamptz, ADD COLUMN stopped_reason text`.execute(db);
  },
};
