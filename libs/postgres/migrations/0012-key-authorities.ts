import { sql, type Kysely, type Migration } from 'kysely';

/**
 * Keys that a key platform keeps, as a mirror, and containments that are done there step by step: such a containment has no successor
 * until the platform has made one.
 */
export const keyAuthorities: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      sql`ALTER TABLE credentials
        ADD COLUMN authority text NOT NULL DEFAULT 'registry' CHECK (authority IN ('registry', 'remote')),
        ADD CONSTRAINT credentials_remote_kind CHECK (authority = 'registry' OR kind = 'api_key')`,
      sql`CREATE INDEX credentials_remote ON credentials (key_id) WHERE authority = 'remote'`,
      sql`CREATE TABLE remote_keys (
        key_id text PRIMARY KEY REFERENCES credentials ON DELETE CASCADE, last_used_at timestamptz, written_at timestamptz NOT NULL)`,
      sql`CREATE TABLE key_platform_sync (
        only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), held_until timestamptz, completed_at timestamptz, last_error text)`,
      sql`INSERT INTO key_platform_sync DEFAULT VALUES`,
      sql`ALTER TABLE containments
        DROP CONSTRAINT containments_state_check, DROP CONSTRAINT containments_check, DROP CONSTRAINT containments_check2,
        ADD CONSTRAINT containments_states CHECK (state IN ('overlap', 'contained', 'cancelled', 'in_progress', 'stuck')),
        ADD CONSTRAINT containments_ended CHECK ((state IN ('overlap', 'in_progress', 'stuck')) = (ended_at IS NULL)),
        ADD CONSTRAINT containments_successor CHECK (CASE WHEN action = 'revoke' THEN successor_id IS NULL
          ELSE successor_id IS NOT NULL OR state IN ('in_progress', 'stuck', 'cancelled') END)`,
      sql`CREATE TABLE remote_containments (
        containment_id text PRIMARY KEY REFERENCES containments ON DELETE CASCADE,
        goal text NOT NULL CHECK (goal IN ('revoke', 'replace', 'overlap', 'complete', 'cancel')), plan jsonb,
        revoke_state text NOT NULL, revoke_at timestamptz, create_state text NOT NULL, create_at timestamptz,
        withdraw_state text NOT NULL, withdraw_at timestamptz, settles_at timestamptz,
        secret text NOT NULL CHECK (secret IN ('not_needed', 'pending', 'shown', 'sealed', 'lost')),
        attempts integer NOT NULL DEFAULT 0, next_attempt_at timestamptz, last_error jsonb, held_by text, held_until timestamptz,
        CHECK (revoke_state IN ('not_needed', 'pending', 'attempted', 'done')), CHECK (create_state IN ('not_needed', 'pending', 'attempted', 'done')),
        CHECK (withdraw_state IN ('not_needed', 'pending', 'attempted', 'done')))`,
      sql`CREATE INDEX remote_containments_due ON remote_containments (next_attempt_at) WHERE next_attempt_at IS NOT NULL`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
