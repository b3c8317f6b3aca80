import { sql, type Kysely, type Migration } from 'kysely';

/** What rules know beside the logs: keys that nobody may use, what each key usually does, and gateways that report. */
export const ruleFacts: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      sql`ALTER TABLE credentials ADD COLUMN canary boolean NOT NULL DEFAULT false`,
      sql`CREATE TABLE key_habits (
        workspace_id text NOT NULL, key_id text NOT NULL, state jsonb NOT NULL, updated_at timestamptz NOT NULL, PRIMARY KEY (workspace_id, key_id))`,
      // Of a gateway ('' = all of a workspace) that reports as things happen. Gaps are of arrivals.
      sql`CREATE TABLE log_sources (
        workspace_id text NOT NULL, node text NOT NULL, first_seen timestamptz NOT NULL, last_seen timestamptz NOT NULL,
        longest_gap_s integer NOT NULL DEFAULT 0, PRIMARY KEY (workspace_id, node))`,
      // Rules ask what was done since the last time.
      sql`CREATE INDEX policy_violations_open ON policy_violations (workspace_id, policy) WHERE ended_at IS NULL`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
