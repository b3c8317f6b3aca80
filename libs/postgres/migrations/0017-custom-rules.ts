import { sql, type Kysely, type Migration } from 'kysely';

/** Rules that people wrote, as they wrote them. */
export const customRules: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`CREATE TABLE custom_rules (
      custom_rule_id text PRIMARY KEY, workspace_id text REFERENCES workspaces, source text NOT NULL, created_at timestamptz NOT NULL, created_by text NOT NULL)`.execute(db);
  },
};
