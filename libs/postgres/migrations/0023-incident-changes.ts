import { sql, type Kysely, type Migration } from 'kysely';

/**
 * What became of incidents, for those who are to be told. A trigger writes it in the transaction of the change, so that no way to change an
 * incident can forget it.
 */
export const incidentChanges: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      // `was`: state, severity and owner before; null when it was opened. `snapshot`: the row of the incident after.
      sql`CREATE TABLE incident_changes (
        change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, incident_id text NOT NULL, workspace_id text NOT NULL,
        kind text NOT NULL CHECK (kind IN ('opened', 'state', 'severity', 'owner', 'grown')), at timestamptz NOT NULL,
        was jsonb, snapshot jsonb NOT NULL, fanned_out_at timestamptz)`,
      sql`CREATE INDEX incident_changes_waiting ON incident_changes (change_id) WHERE fanned_out_at IS NULL`,
      sql`CREATE INDEX incident_changes_told ON incident_changes (fanned_out_at) WHERE fanned_out_at IS NOT NULL`,
      // An incident that grows a thousand times before anybody looks has grown once.
      sql`CREATE UNIQUE INDEX incident_changes_one_growth ON incident_changes (incident_id) WHERE kind = 'grown' AND fanned_out_at IS NULL`,
      sql`CREATE FUNCTION tell_incident_change() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
          what text := CASE
            WHEN TG_OP = 'INSERT' THEN 'opened'
            WHEN NEW.state <> OLD.state THEN 'state'
            WHEN NEW.severity <> OLD.severity THEN 'severity'
            WHEN NEW.owner_id IS DISTINCT FROM OLD.owner_id THEN 'owner'
            ELSE 'grown' END;
          before jsonb := CASE WHEN TG_OP = 'UPDATE' THEN jsonb_build_object('state', OLD.state, 'severity', OLD.severity, 'owner_id', OLD.owner_id) END;
        BEGIN
          IF what <> 'grown' THEN
            INSERT INTO incident_changes (incident_id, workspace_id, kind, at, was, snapshot)
              VALUES (NEW.incident_id, NEW.workspace_id, what, NEW.updated_at, before, to_jsonb(NEW));
          ELSE
            -- Not DO NOTHING: the lock on the row keeps it from being told before this transaction is visible.
            INSERT INTO incident_changes (incident_id, workspace_id, kind, at, was, snapshot)
              VALUES (NEW.incident_id, NEW.workspace_id, what, NEW.updated_at, before, to_jsonb(NEW))
              ON CONFLICT (incident_id) WHERE kind = 'grown' AND fanned_out_at IS NULL DO UPDATE SET at = excluded.at, snapshot = excluded.snapshot;
          END IF;
          RETURN NULL;
        END $$`,
      sql`CREATE TRIGGER incident_opened AFTER INSERT ON incidents FOR EACH ROW EXECUTE FUNCTION tell_incident_change()`,
      // Notes and later sightings are no news.
      sql`CREATE TRIGGER incident_changed AFTER UPDATE ON incidents FOR EACH ROW
        WHEN (NEW.state <> OLD.state OR NEW.severity <> OLD.severity OR NEW.owner_id IS DISTINCT FROM OLD.owner_id
          OR NEW.findings <> OLD.findings OR NEW.key_ids <> OLD.key_ids)
        EXECUTE FUNCTION tell_incident_change()`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
