import { sql, type Kysely, type Migration } from 'kysely';

/** What ties incidents together beyond keys and addresses, when they came to what, and where the findings of a merged one went. */
export const incidentPages: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      sql`ALTER TABLE incidents ADD COLUMN agents jsonb NOT NULL DEFAULT '[]', ADD COLUMN fingerprints jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN acknowledged_at timestamptz, ADD COLUMN contained_at timestamptz, ADD COLUMN merged_into text REFERENCES incidents`,
      sql`UPDATE incidents i SET acknowledged_at = (SELECT min(at) FROM incident_timeline t WHERE t.incident_id = i.incident_id AND t.kind = 'state' AND t.text ~ '^[a-z_]+ -> acknowledged'),
        contained_at = (SELECT min(at) FROM incident_timeline t WHERE t.incident_id = i.incident_id AND t.kind = 'state' AND t.text ~ '^[a-z_]+ -> contained')`,
      sql`CREATE INDEX incidents_opened ON incidents (opened_at)`,
      sql`CREATE INDEX key_events_of_key ON key_events (key_id, position)`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
