import { sql, type Kysely, type Migration } from 'kysely';

/** Telling again what nobody took up, telling several incidents in one notification, and telling at the end of a silence what it held back. */
export const remindersAndGroups: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      // No `remind_s`: told once. `group_by`: what incidents that are told together have in common.
      sql`ALTER TABLE alert_routes ADD COLUMN remind_s integer, ADD COLUMN remind_times integer NOT NULL DEFAULT 10,
        ADD COLUMN group_by jsonb, ADD COLUMN group_interval_s integer NOT NULL DEFAULT 300`,
      // `carried_by`: the notification that lists it, with which it is sent and settled. `group_key`: the group that such a one, or the first of a group, stands for.
      // `sealed_at`: since when what such a one says does not change any more.
      sql`ALTER TABLE alert_deliveries ADD COLUMN carried_by text, ADD COLUMN group_key text, ADD COLUMN sealed_at timestamptz`,
      sql`CREATE INDEX alert_deliveries_carried ON alert_deliveries (carried_by) WHERE carried_by IS NOT NULL`,
      sql`CREATE INDEX alert_deliveries_grouped ON alert_deliveries (channel_id, group_key, send_at) WHERE group_key IS NOT NULL`,
      // Each channel is asked for what is due to it.
      sql`DROP INDEX alert_deliveries_due`,
      sql`CREATE INDEX alert_deliveries_due ON alert_deliveries (channel_id, send_at, position) WHERE state = 'pending' AND carried_by IS NULL`,
      // What a channel has yet to hear of an incident: changes that a silence held back, and when to look whether somebody must be told (again).
      sql`CREATE TABLE alert_standings (
        channel_id text NOT NULL REFERENCES alert_channels ON DELETE CASCADE, incident_id text NOT NULL, owed jsonb NOT NULL, reminders integer NOT NULL,
        look_at timestamptz, PRIMARY KEY (channel_id, incident_id))`,
      sql`CREATE INDEX alert_standings_due ON alert_standings (look_at) WHERE look_at IS NOT NULL`,
      sql`CREATE INDEX alert_standings_of_incident ON alert_standings (incident_id)`,
      // Since when it holds back what waits; those that there are by now hold back what comes.
      sql`ALTER TABLE silences ADD COLUMN applied_at timestamptz`,
      sql`UPDATE silences SET applied_at = created_at`,
      sql`CREATE INDEX silences_to_apply ON silences (starts_at) WHERE applied_at IS NULL`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
