import { sql, type Kysely, type Migration } from 'kysely';

/** Sessions of people whom an identity provider vouches for: no access token stands behind them, so they hold who it is and what they may do. */
export const peopleFromProviders: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      sql`ALTER TABLE sessions ALTER COLUMN token_id DROP NOT NULL, ALTER COLUMN token_digest DROP NOT NULL,
        ADD COLUMN subject text, ADD COLUMN name text, ADD COLUMN role text, ADD COLUMN workspaces jsonb, ADD COLUMN settings_digest text`,
      sql`ALTER TABLE sessions ADD CONSTRAINT sessions_of_one_kind CHECK (
        (token_id IS NOT NULL AND token_digest IS NOT NULL AND subject IS NULL)
        OR (token_id IS NULL AND subject IS NOT NULL AND name IS NOT NULL AND role IS NOT NULL AND settings_digest IS NOT NULL))`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
