import { sql, type Kysely, type Migration } from 'kysely';

/** What people set of the rules, what they hold back for a time, and what they called no threat. */
export const tuning: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      // An empty key: what counts for the whole workspace. Keys that nobody registered can be tuned too.
      sql`CREATE TABLE rule_tunings (
        workspace_id text NOT NULL REFERENCES workspaces, key_id text NOT NULL, rule_id text NOT NULL, enabled boolean, severity text,
        settings jsonb NOT NULL, allow_networks jsonb NOT NULL, allow_user_agents jsonb NOT NULL, updated_at timestamptz NOT NULL, updated_by text NOT NULL,
        PRIMARY KEY (workspace_id, key_id, rule_id))`,
      sql`CREATE TABLE suppressions (
        suppression_id text PRIMARY KEY, workspace_id text NOT NULL REFERENCES workspaces, key_id text, rule_id text, starts_at timestamptz NOT NULL,
        ends_at timestamptz NOT NULL, reason text NOT NULL, created_by text NOT NULL, created_at timestamptz NOT NULL, ended_by text,
        CHECK (starts_at <= ends_at))`,
      sql`CREATE INDEX suppressions_by_workspace ON suppressions (workspace_id, suppression_id)`,
      sql`CREATE INDEX suppressions_by_end ON suppressions (ends_at)`,
      // Goes up with each change of either, in the order of commits: who holds them in memory reads this one row.
      sql`CREATE TABLE tuning_changes (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), version bigint NOT NULL)`,
      sql`INSERT INTO tuning_changes (version) VALUES (0)`,
      sql`ALTER TABLE findings ADD COLUMN not_a_threat jsonb`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
