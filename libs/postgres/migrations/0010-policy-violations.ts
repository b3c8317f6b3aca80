import { sql, type Kysely, type Migration } from 'kysely';

/** Policies that keys do not keep: one open row for each key and policy, and the history of those that ended. */
export const policyViolations: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      // No reference to credentials: request logs name keys that nobody registered.
      sql`CREATE TABLE policy_violations (
        violation_id text PRIMARY KEY, policy text NOT NULL, severity text NOT NULL CHECK (severity IN ('warn', 'breach')), key_id text NOT NULL,
        kind text, workspace_id text REFERENCES workspaces, owner_id text REFERENCES owners, summary text NOT NULL,
        since timestamptz NOT NULL, due_at timestamptz, opened_at timestamptz NOT NULL, ended_at timestamptz,
        end_reason text CHECK (end_reason IN ('put_right', 'key_ended')),
        CHECK ((ended_at IS NULL) = (end_reason IS NULL)), CHECK ((kind IS NULL) = (owner_id IS NULL)))`,
      // However many processes check at once. Two workspaces may name the same key that is registered nowhere.
      sql`CREATE UNIQUE INDEX policy_violations_one_open ON policy_violations (key_id, policy, coalesce(workspace_id, '')) WHERE ended_at IS NULL`,
      sql`CREATE INDEX policy_violations_by_key ON policy_violations (key_id)`,
      sql`CREATE INDEX policy_violations_by_workspace ON policy_violations (workspace_id, violation_id)`,
      sql`CREATE INDEX policy_violations_by_owner ON policy_violations (owner_id, violation_id)`,
      sql`CREATE INDEX policy_violations_by_end ON policy_violations (ended_at) WHERE ended_at IS NOT NULL`,
      sql`CREATE TABLE policy_checks (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), claimed_at timestamptz, completed_at timestamptz)`,
      sql`INSERT INTO policy_checks DEFAULT VALUES`,
      // Which key took the place of another is asked for every key.
      sql`CREATE INDEX credentials_by_predecessor ON credentials (replaces) WHERE replaces IS NOT NULL`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
