import { sql, type Kysely, type Migration } from 'kysely';

/** Reports of leaked secrets: which keys they were of, and where they were found. No secret stands here, and no digest of one alone. */
export const leaks: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      sql`CREATE TABLE leaks (
        leak_id text PRIMARY KEY, source text NOT NULL, reported_by text NOT NULL, note text, body_digest text NOT NULL,
        reported_at timestamptz NOT NULL, last_reported_at timestamptz NOT NULL, times_reported integer NOT NULL DEFAULT 1,
        finished_at timestamptz, tokens integer NOT NULL, false_positives jsonb NOT NULL,
        UNIQUE (reported_by, body_digest))`,
      sql`CREATE TABLE leaked_keys (
        leak_id text NOT NULL REFERENCES leaks, key_id text NOT NULL REFERENCES credentials, fingerprint text NOT NULL, type text NOT NULL,
        state text NOT NULL CHECK (state IN ('active', 'revoked', 'expired')), severity text NOT NULL, proven boolean NOT NULL,
        incident_id text, containment_id text, at timestamptz NOT NULL, PRIMARY KEY (leak_id, key_id))`,
      // Rules ask by key whether, and since when, it is known to others.
      sql`CREATE INDEX leaked_keys_by_key ON leaked_keys (key_id, at)`,
      sql`CREATE TABLE leak_places (
        leak_id text NOT NULL, key_id text NOT NULL, digest text NOT NULL, url text NOT NULL, location text NOT NULL,
        PRIMARY KEY (key_id, digest, leak_id), FOREIGN KEY (leak_id, key_id) REFERENCES leaked_keys (leak_id, key_id))`,
      sql`CREATE INDEX leak_places_by_leak ON leak_places (leak_id, key_id)`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
