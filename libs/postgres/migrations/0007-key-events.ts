import { sql, type Kysely, type Migration } from 'kysely';

/**
 * What became of keys, in the order in which it was committed; the nonces of signed requests. A trigger writes the events, so that no way
 * to change a key can forget them.
 */
export const keyEvents: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      sql`CREATE TABLE key_events (
        position bigint PRIMARY KEY, at timestamptz NOT NULL, type text NOT NULL, key_id text NOT NULL, kind text NOT NULL, workspace_id text,
        fingerprint text NOT NULL, name text NOT NULL, expires_at timestamptz, revoked_at timestamptz, replaces text, replaced_by text)`,
      sql`CREATE INDEX key_events_by_time ON key_events (at)`,
      sql`CREATE SEQUENCE key_event_positions`,
      sql`CREATE TABLE key_feed (
        only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), forgotten_until bigint NOT NULL)`,
      sql`INSERT INTO key_feed (forgotten_until) VALUES (0)`,
      sql`CREATE TABLE key_event_topics (
        topic text PRIMARY KEY, position bigint NOT NULL, holder text, held_until timestamptz)`,
      // Runs while the transaction commits, when it holds every other lock already: the lock here orders commits, and can close no circle.
      // It is given up only when the transaction is visible, so whoever sees a position sees all below it.
      sql`CREATE FUNCTION tell_key_event() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
          key credentials := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
          what text := CASE
            WHEN TG_OP = 'INSERT' THEN 'created'
            WHEN TG_OP = 'DELETE' THEN 'revoked'
            WHEN NEW.revoked_at IS NOT NULL AND OLD.revoked_at IS NULL THEN 'revoked'
            WHEN NEW.replaced_by IS NOT NULL AND NEW.replaced_by IS DISTINCT FROM OLD.replaced_by THEN 'rotated'
            ELSE 'changed' END;
        BEGIN
          PERFORM pg_advisory_xact_lock(hashtextextended('keytrail.key_events', 0));
          INSERT INTO key_events VALUES (
            nextval('key_event_positions'), clock_timestamp(), what, key.key_id, key.kind, key.workspace_id, key.fingerprint, key.name,
            key.expires_at, key.revoked_at, key.replaces, key.replaced_by);
          RETURN NULL;
        END $$`,
      sql`CREATE CONSTRAINT TRIGGER credential_event AFTER INSERT OR UPDATE OR DELETE ON credentials
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tell_key_event()`,
      // What a gateway is told of a key depends on these two of its workspace.
      sql`CREATE FUNCTION touch_keys_of_workspace() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          UPDATE credentials SET workspace_id = workspace_id WHERE workspace_id = NEW.workspace_id AND revoked_at IS NULL;
          RETURN NULL;
        END $$`,
      sql`CREATE TRIGGER workspace_touches_keys AFTER UPDATE ON workspaces FOR EACH ROW
        WHEN (OLD.enhanced_security <> NEW.enhanced_security OR OLD.environment <> NEW.environment) EXECUTE FUNCTION touch_keys_of_workspace()`,
      sql`CREATE TABLE request_nonces (
        key_id text NOT NULL, nonce text NOT NULL, expires_at timestamptz NOT NULL, PRIMARY KEY (key_id, nonce))`,
      sql`CREATE INDEX request_nonces_by_expiry ON request_nonces (expires_at)`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
