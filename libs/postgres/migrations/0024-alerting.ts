import { sql, type Kysely, type Migration } from 'kysely';

/** Whom to tell of incidents, by which way, what is held back, and each notification. */
export const alerting: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      // No workspace: of the account. `failing_since`: since when nothing got through.
      sql`CREATE TABLE alert_channels (
        channel_id text PRIMARY KEY, workspace_id text REFERENCES workspaces, name text NOT NULL, kind text NOT NULL, config jsonb NOT NULL,
        enabled boolean NOT NULL, switched_off_because text, created_at timestamptz NOT NULL, created_by text NOT NULL, updated_at timestamptz NOT NULL,
        failing_since timestamptz, last_failure text, last_delivered_at timestamptz, failing_incident_id text)`,
      sql`CREATE TABLE alert_channel_secrets (
        channel_id text NOT NULL REFERENCES alert_channels ON DELETE CASCADE, name text NOT NULL, wrapped text NOT NULL, wrapping_version integer NOT NULL,
        expires_at timestamptz, PRIMARY KEY (channel_id, name))`,
      sql`CREATE INDEX alert_channel_secrets_by_version ON alert_channel_secrets (wrapping_version)`,
      sql`CREATE TABLE alert_routes (
        route_id text PRIMARY KEY, channel_id text NOT NULL REFERENCES alert_channels ON DELETE CASCADE, min_severity text NOT NULL,
        workspaces jsonb, owner_ids jsonb, rule_ids jsonb, quiet_hours jsonb, group_s integer NOT NULL, renotify_s integer NOT NULL,
        created_at timestamptz NOT NULL, created_by text NOT NULL)`,
      sql`CREATE INDEX alert_routes_by_channel ON alert_routes (channel_id)`,
      // What is null matches all.
      sql`CREATE TABLE silences (
        silence_id text PRIMARY KEY, workspace_id text REFERENCES workspaces, incident_id text, key_id text, rule_id text, owner_id text,
        starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL, reason text NOT NULL, created_by text NOT NULL, created_at timestamptz NOT NULL,
        ended_by text, CHECK (starts_at <= ends_at))`,
      sql`CREATE INDEX silences_by_end ON silences (ends_at)`,
      // One for each channel and change of an incident; `change_ids` has those that were told along with it. `position` is the order of sending.
      sql`CREATE TABLE alert_deliveries (
        delivery_id text PRIMARY KEY, position bigint GENERATED ALWAYS AS IDENTITY, channel_id text NOT NULL REFERENCES alert_channels ON DELETE CASCADE,
        incident_id text, workspace_id text, type text NOT NULL, change_id bigint, change_ids jsonb NOT NULL, event jsonb NOT NULL,
        state text NOT NULL CHECK (state IN ('pending', 'delivered', 'failed', 'silenced')), attempts integer NOT NULL, send_at timestamptz NOT NULL,
        held_by text, held_until timestamptz, attempted_at timestamptz, status integer, failure text, created_at timestamptz NOT NULL,
        delivered_at timestamptz, UNIQUE (channel_id, change_id))`,
      sql`CREATE INDEX alert_deliveries_due ON alert_deliveries (send_at, position) WHERE state = 'pending'`,
      sql`CREATE INDEX alert_deliveries_waiting ON alert_deliveries (channel_id, incident_id, position) WHERE state = 'pending'`,
      sql`CREATE INDEX alert_deliveries_of_incident ON alert_deliveries (incident_id, channel_id, position)`,
      sql`CREATE INDEX alert_deliveries_by_time ON alert_deliveries (created_at)`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
