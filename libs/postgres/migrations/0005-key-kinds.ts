import { sql, type Kysely, type Migration } from 'kysely';

/** Keys of every kind, their material apart from what says whose they are; rotation dates; what a workspace and an owner are told of. */
export const keyKinds: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      sql`ALTER TABLE workspaces
        ADD COLUMN enhanced_security boolean NOT NULL DEFAULT false, ADD COLUMN rotation_policy jsonb NOT NULL DEFAULT '{}'`,
      sql`ALTER TABLE owners ADD COLUMN public_key jsonb, ADD COLUMN left_at timestamptz`,
      sql`ALTER TABLE credentials
        ADD COLUMN account_id text REFERENCES accounts, ADD COLUMN environment text, ADD COLUMN public_id text UNIQUE,
        ADD COLUMN rotation_due_at timestamptz, ADD COLUMN rotation_follows_policy boolean NOT NULL DEFAULT true,
        ALTER COLUMN workspace_id DROP NOT NULL`,
      sql`UPDATE credentials AS c SET account_id = w.account_id, rotation_due_at = c.created_at + interval '4320 hours'
        FROM workspaces AS w WHERE w.workspace_id = c.workspace_id`,
      // A service token belongs to the account and names its environment; any other key takes both from its workspace.
      sql`ALTER TABLE credentials
        ALTER COLUMN account_id SET NOT NULL, ALTER COLUMN rotation_due_at SET NOT NULL,
        ADD CONSTRAINT credentials_reach CHECK ((kind = 'service_token') = (workspace_id IS NULL)),
        ADD CONSTRAINT credentials_environment CHECK ((workspace_id IS NULL) = (environment IS NOT NULL))`,
      sql`CREATE INDEX credentials_by_rotation ON credentials (rotation_due_at) WHERE revoked_at IS NULL`,
      sql`CREATE TABLE bearer_digests (
        key_id text PRIMARY KEY REFERENCES credentials ON DELETE CASCADE, digest text NOT NULL, pepper_version integer NOT NULL)`,
      sql`INSERT INTO bearer_digests SELECT key_id, digest, 0 FROM credentials`,
      sql`ALTER TABLE credentials DROP COLUMN digest`,
      sql`CREATE TABLE wrapped_secrets (
        key_id text PRIMARY KEY REFERENCES credentials ON DELETE CASCADE, wrapped text NOT NULL, wrapping_version integer NOT NULL,
        secret_fingerprint text NOT NULL UNIQUE)`,
      sql`CREATE INDEX wrapped_secrets_by_version ON wrapped_secrets (wrapping_version)`,
      sql`CREATE TABLE verification_keys (key_id text PRIMARY KEY REFERENCES credentials ON DELETE CASCADE, jwk jsonb NOT NULL)`,
      sql`CREATE TABLE secret_versions (
        purpose text NOT NULL, version integer NOT NULL, key_check text NOT NULL, PRIMARY KEY (purpose, version))`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
