import { sql, type Kysely, type Migration } from 'kysely';

/** Backtests that people order, what became of them, and what they found. */
export const backtests: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      sql`CREATE TABLE backtests (
        backtest_id text PRIMARY KEY, workspace_id text REFERENCES workspaces, key_id text, starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL,
        learn_days integer NOT NULL, what_if jsonb NOT NULL, rules text,
        state text NOT NULL CHECK (state IN ('queued', 'running', 'completed', 'failed', 'cancelled', 'interrupted')), progress double precision NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL, created_by text NOT NULL, started_at timestamptz, beat_at timestamptz, ended_at timestamptz, error text, result jsonb,
        CHECK (starts_at < ends_at))`,
      // One at a time, however many processes look for work.
      sql`CREATE UNIQUE INDEX backtests_one_running ON backtests ((true)) WHERE state = 'running'`,
      sql`CREATE INDEX backtests_queued ON backtests (backtest_id) WHERE state = 'queued'`,
      sql`CREATE TABLE backtest_findings (
        backtest_id text NOT NULL REFERENCES backtests ON DELETE CASCADE, position integer NOT NULL, change text, rule_id text NOT NULL, finding jsonb NOT NULL,
        before jsonb, PRIMARY KEY (backtest_id, position))`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
