import { sql, type Kysely, type Migration } from 'kysely';

/**
 * In which order incidents and findings changed, among each other and among the events of keys: their positions come from one sequence, given out under one
 * lock. What happened to an incident is what `incident_changes` has; its own numbers are given before the commit, and growth is written over growth, so nobody
 * could go on after one of them. What changed is not kept here: it is read where it lies when it is told.
 */
export const liveChanges: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      sql`CREATE TABLE live_changes (
        position bigint PRIMARY KEY, at timestamptz NOT NULL, type text NOT NULL CHECK (type IN ('incident', 'finding')), object_id text NOT NULL,
        workspace_id text NOT NULL, change text NOT NULL)`,
      sql`CREATE INDEX live_changes_by_time ON live_changes (at)`,
      sql`CREATE TABLE live_feed (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), forgotten_until bigint NOT NULL)`,
      // What came before is not in it: whoever holds a position from then would miss it.
      sql`INSERT INTO live_feed (forgotten_until) SELECT coalesce(max(position), 0) FROM key_events`,
      // Run while the transaction commits, under the lock of key events (see 0007): whoever sees a position sees all below it.
      sql`CREATE FUNCTION tell_live_incident() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM pg_advisory_xact_lock(hashtextextended('keytrail.key_events', 0));
          INSERT INTO live_changes VALUES (nextval('key_event_positions'), clock_timestamp(), 'incident', NEW.incident_id, NEW.workspace_id, NEW.kind);
          RETURN NULL;
        END $$`,
      sql`CREATE FUNCTION tell_live_finding() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM pg_advisory_xact_lock(hashtextextended('keytrail.key_events', 0));
          INSERT INTO live_changes VALUES (nextval('key_event_positions'), clock_timestamp(), 'finding', NEW.finding_id, NEW.workspace_id,
            CASE WHEN TG_OP = 'INSERT' THEN 'found' ELSE 'changed' END);
          RETURN NULL;
        END $$`,
      sql`CREATE CONSTRAINT TRIGGER incident_change_told AFTER INSERT ON incident_changes
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tell_live_incident()`,
      // Growth upon growth; not that it was passed on to whom alerts go.
      sql`CREATE CONSTRAINT TRIGGER incident_growth_told AFTER UPDATE ON incident_changes
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.snapshot IS DISTINCT FROM OLD.snapshot) EXECUTE FUNCTION tell_live_incident()`,
      sql`CREATE CONSTRAINT TRIGGER finding_found_told AFTER INSERT ON findings
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tell_live_finding()`,
      // Whatever people are shown of it: what correlation notes for itself is nobody's news.
      sql`CREATE CONSTRAINT TRIGGER finding_change_told AFTER UPDATE ON findings
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
        WHEN (to_jsonb(NEW) - '{awaits_correlation,told_severity,told_count,told_growths}'::text[] IS DISTINCT FROM
          to_jsonb(OLD) - '{awaits_correlation,told_severity,told_count,told_growths}'::text[])
        EXECUTE FUNCTION tell_live_finding()`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
