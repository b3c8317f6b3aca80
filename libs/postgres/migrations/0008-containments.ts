import { sql, type Kysely, type Migration } from 'kysely';

/** What was done about a key, as one object: from the order to the end of an overlap; and orders for many keys at once. */
export const containments: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      sql`CREATE TABLE bulk_containments (
        bulk_id text PRIMARY KEY, plan_token text NOT NULL UNIQUE, caller_scope jsonb, action text NOT NULL, orders jsonb NOT NULL,
        started_at timestamptz NOT NULL, started_by text NOT NULL, finished_at timestamptz)`,
      sql`CREATE TABLE containments (
        containment_id text PRIMARY KEY, action text NOT NULL CHECK (action IN ('revoke', 'revoke_and_replace', 'rotate')),
        state text NOT NULL CHECK (state IN ('overlap', 'contained', 'cancelled')),
        key_id text NOT NULL REFERENCES credentials, successor_id text UNIQUE REFERENCES credentials, workspace_id text, incident_id text,
        bulk_id text REFERENCES bulk_containments, reason text, hand_over text NOT NULL CHECK (hand_over IN ('response', 'sealed', 'none')), sealed text,
        started_at timestamptz NOT NULL, started_by text NOT NULL,
        overlap_seconds integer, overlap_ends_at timestamptz, on_overlap_end text, complete_when_safe boolean NOT NULL DEFAULT false,
        extensions integer NOT NULL DEFAULT 0, warned_at timestamptz, revoked_at timestamptz, ended_at timestamptz, ended_by text,
        CHECK ((state = 'overlap') = (ended_at IS NULL)), CHECK ((state = 'contained') = (revoked_at IS NOT NULL)),
        CHECK ((action = 'revoke') = (successor_id IS NULL)))`,
      // One at a time for each key, however many press the button.
      sql`CREATE UNIQUE INDEX containments_one_a_key ON containments (key_id) WHERE state <> 'cancelled'`,
      sql`CREATE INDEX containments_under_way ON containments (overlap_ends_at) WHERE state = 'overlap'`,
      sql`CREATE INDEX containments_by_incident ON containments (incident_id) WHERE incident_id IS NOT NULL`,
      sql`CREATE TABLE bulk_containment_keys (
        bulk_id text NOT NULL REFERENCES bulk_containments, position integer NOT NULL, key_id text NOT NULL REFERENCES credentials,
        state text NOT NULL CHECK (state IN ('pending', 'done', 'refused')), containment_id text REFERENCES containments, code text, message text,
        at timestamptz, PRIMARY KEY (bulk_id, position))`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
