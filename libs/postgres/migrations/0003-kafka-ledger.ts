import { sql, type Kysely, type Migration } from 'kysely';

/** What is stored of each Kafka partition, and what was received, stored and refused from each source. */
export const kafkaLedger: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`CREATE TABLE kafka_ledger (
      topic text NOT NULL, partition integer NOT NULL, next_offset bigint, pending_first bigint, pending_last bigint,
      announced_at timestamptz, epoch bigint NOT NULL, PRIMARY KEY (topic, partition))`.execute(db);
    await sql`CREATE TABLE intake_counts (
      source text PRIMARY KEY, received bigint NOT NULL, stored bigint NOT NULL, dead_lettered bigint NOT NULL)`.execute(db);
  },
};
