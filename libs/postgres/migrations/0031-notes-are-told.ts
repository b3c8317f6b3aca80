import { sql, type Kysely, type Migration } from 'kysely';

/** Whoever looks on hears that somebody wrote a note. It is no news for alerts, so it comes from the timeline and not from `incident_changes`. */
export const notesAreTold: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      sql`CREATE FUNCTION tell_live_note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM pg_advisory_xact_lock(hashtextextended('keytrail.key_events', 0));
          INSERT INTO live_changes SELECT nextval('key_event_positions'), clock_timestamp(), 'incident', i.incident_id, i.workspace_id, 'note' FROM incidents i WHERE i.incident_id = NEW.incident_id;
          RETURN NULL;
        END $$`,
      sql`CREATE CONSTRAINT TRIGGER incident_note_told AFTER INSERT ON incident_timeline
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind = 'note') EXECUTE FUNCTION tell_live_note()`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
