import { sql, type Kysely, type Migration } from 'kysely';

/** What was refused at intake, how far detection got, and what it found. */
export const watch: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      sql`CREATE TABLE dead_letters (
        dead_letter_id text PRIMARY KEY, workspace_id text NOT NULL, source text NOT NULL, position text NOT NULL, code text NOT NULL,
        reason text NOT NULL, sha256 text NOT NULL, payload text NOT NULL, received_at timestamptz NOT NULL)`,
      sql`CREATE TABLE intake_batches (
        token text PRIMARY KEY, body_sha256 text NOT NULL, received integer, stored integer, dead_lettered integer,
        created_at timestamptz NOT NULL)`,
      sql`CREATE TABLE detection_cursors (name text PRIMARY KEY, ingested_at timestamptz NOT NULL, version bigint NOT NULL)`,
      sql`CREATE TABLE detected_batches (batch_id text PRIMARY KEY, ingested_at timestamptz NOT NULL)`,
      sql`CREATE INDEX detected_batches_by_time ON detected_batches (ingested_at)`,
      sql`CREATE TABLE key_watch (
        workspace_id text NOT NULL, key_id text NOT NULL, state jsonb NOT NULL, updated_at timestamptz NOT NULL,
        PRIMARY KEY (workspace_id, key_id))`,
      sql`CREATE TABLE incidents (
        incident_id text PRIMARY KEY, workspace_id text NOT NULL, title text NOT NULL, severity text NOT NULL, state text NOT NULL,
        owner_id text, owner_name text, owner_contact text, key_ids jsonb NOT NULL, addresses jsonb NOT NULL, rule_ids jsonb NOT NULL,
        findings integer NOT NULL, first_seen timestamptz NOT NULL, last_seen timestamptz NOT NULL, opened_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL, closed_at timestamptz, new_addresses jsonb NOT NULL, title_key_id text NOT NULL)`,
      sql`CREATE INDEX incidents_by_time ON incidents (workspace_id, last_seen)`,
      sql`CREATE TABLE findings (
        finding_id text PRIMARY KEY, rule_id text NOT NULL, title text NOT NULL, severity text NOT NULL, workspace_id text NOT NULL,
        key_id text NOT NULL, principal text NOT NULL, addresses jsonb NOT NULL, first_seen timestamptz NOT NULL,
        last_seen timestamptz NOT NULL, summary text NOT NULL, evidence jsonb NOT NULL, episode text NOT NULL,
        incident_id text REFERENCES incidents, detected_at timestamptz NOT NULL, awaits_correlation boolean NOT NULL,
        told_severity text, told_count double precision NOT NULL DEFAULT 0, told_growths integer NOT NULL DEFAULT 0)`,
      sql`CREATE INDEX findings_by_episode ON findings (rule_id, workspace_id, episode, last_seen)`,
      sql`CREATE INDEX findings_awaiting ON findings (first_seen) WHERE awaits_correlation`,
      sql`CREATE INDEX findings_by_incident ON findings (incident_id)`,
      sql`CREATE TABLE incident_timeline (
        entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, incident_id text NOT NULL REFERENCES incidents, at timestamptz NOT NULL,
        kind text NOT NULL, actor text NOT NULL, text text NOT NULL, finding_id text)`,
      sql`CREATE INDEX incident_timeline_by_incident ON incident_timeline (incident_id, entry_id)`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
