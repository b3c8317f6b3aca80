import { sql, type Kysely, type Migration } from 'kysely';

/** Sessions of people in browsers. Of a cookie only a digest is kept; a session ends with the token that opened it, or that took its place. */
export const sessions: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      sql`CREATE TABLE sessions (
        session_id text PRIMARY KEY, digest text NOT NULL UNIQUE, token_id text NOT NULL REFERENCES access_tokens, token_digest text NOT NULL,
        address text NOT NULL, user_agent text NOT NULL, created_at timestamptz NOT NULL, expires_at timestamptz NOT NULL, ended_at timestamptz)`,
      sql`CREATE INDEX sessions_by_expiry ON sessions (expires_at)`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
