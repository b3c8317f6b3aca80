import { sql, type Kysely, type Migration } from 'kysely';

/** Accounts, workspaces, owners, credentials, who may call, and the record of what was done. */
export const registry: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      sql`CREATE TABLE accounts (account_id text PRIMARY KEY, name text NOT NULL, created_at timestamptz NOT NULL)`,
      sql`CREATE TABLE workspaces (
        workspace_id text PRIMARY KEY, account_id text NOT NULL REFERENCES accounts, name text NOT NULL, environment text NOT NULL,
        created_at timestamptz NOT NULL)`,
      sql`CREATE TABLE owners (
        owner_id text PRIMARY KEY, account_id text NOT NULL REFERENCES accounts, name text NOT NULL, kind text NOT NULL, contact text NOT NULL,
        status text NOT NULL, created_at timestamptz NOT NULL, UNIQUE (account_id, name))`,
      sql`CREATE TABLE credentials (
        key_id text PRIMARY KEY, kind text NOT NULL, workspace_id text NOT NULL REFERENCES workspaces, name text NOT NULL,
        service text NOT NULL, owner_id text NOT NULL REFERENCES owners, scopes jsonb NOT NULL, digest text NOT NULL UNIQUE,
        fingerprint text NOT NULL UNIQUE, hint text NOT NULL, created_at timestamptz NOT NULL, created_by text NOT NULL,
        expires_at timestamptz, rotated_at timestamptz, revoked_at timestamptz, revoked_by text, revoke_reason text,
        replaces text REFERENCES credentials, replaced_by text REFERENCES credentials, version bigint NOT NULL)`,
      sql`CREATE SEQUENCE credential_versions`,
      sql`CREATE FUNCTION set_credential_version() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.version := nextval('credential_versions'); RETURN NEW; END $$`,
      sql`CREATE TRIGGER credential_version BEFORE INSERT OR UPDATE ON credentials FOR EACH ROW EXECUTE FUNCTION set_credential_version()`,
      sql`CREATE INDEX credentials_by_workspace ON credentials (workspace_id, key_id)`,
      sql`CREATE INDEX credentials_by_version ON credentials (version)`,
      sql`CREATE INDEX credentials_by_owner ON credentials (owner_id)`,
      sql`CREATE TABLE access_tokens (
        token_id text PRIMARY KEY, name text NOT NULL, role text NOT NULL, workspaces jsonb, digest text NOT NULL UNIQUE,
        created_at timestamptz NOT NULL, created_by text NOT NULL, expires_at timestamptz, revoked_at timestamptz)`,
      sql`CREATE TABLE audit_entries (
        entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL, actor text NOT NULL, actor_address text NOT NULL,
        action text NOT NULL, object_type text NOT NULL, object_id text NOT NULL, workspace_id text, reason text, request_id text NOT NULL,
        detail jsonb NOT NULL)`,
      sql`CREATE INDEX audit_entries_by_object ON audit_entries (object_type, object_id)`,
      sql`CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'audit entries are append-only'; END $$`,
      sql`CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION refuse_change()`,
      // Row triggers do not see a TRUNCATE.
      sql`CREATE TRIGGER audit_entries_never_emptied BEFORE TRUNCATE ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`,
      sql`CREATE TABLE installation (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), master_key_check text NOT NULL)`,
      sql`CREATE TABLE idempotent_calls (
        caller text NOT NULL, idempotency_key text NOT NULL, request_hash text NOT NULL, answer jsonb NOT NULL,
        created_at timestamptz NOT NULL, PRIMARY KEY (caller, idempotency_key))`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
