import { sql, type Kysely, type Migration } from 'kysely';

const KEPT_FOR_EVER = ['audit_leaves', 'audit_tree_nodes', 'audit_checkpoints', 'audit_signing_keys'];

/** The Merkle tree over the audit entries, its signed checkpoints and the keys they were signed with. */
export const auditTree: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      sql`CREATE TABLE audit_unsequenced (entry_id bigint PRIMARY KEY REFERENCES audit_entries)`,
      sql`INSERT INTO audit_unsequenced SELECT entry_id FROM audit_entries`,
      sql`CREATE FUNCTION await_place_in_tree() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO audit_unsequenced VALUES (NEW.entry_id); RETURN NULL; END $$`,
      sql`CREATE TRIGGER audit_entries_await_place AFTER INSERT ON audit_entries FOR EACH ROW EXECUTE FUNCTION await_place_in_tree()`,
      sql`CREATE TABLE audit_leaves (leaf_index bigint PRIMARY KEY, entry_id bigint NOT NULL UNIQUE REFERENCES audit_entries)`,
      sql`CREATE TABLE audit_tree_nodes (
        level smallint NOT NULL, position bigint NOT NULL, hash text NOT NULL, PRIMARY KEY (level, position))`,
      sql`CREATE TABLE audit_checkpoints (
        number bigint PRIMARY KEY, size bigint NOT NULL, root text NOT NULL, at timestamptz NOT NULL, protected text NOT NULL,
        signature text NOT NULL)`,
      sql`CREATE INDEX audit_checkpoints_by_size ON audit_checkpoints (size, number)`,
      sql`CREATE INDEX audit_checkpoints_by_time ON audit_checkpoints (at)`,
      sql`CREATE TABLE audit_signing_keys (key_id text PRIMARY KEY, x text NOT NULL, first_used_at timestamptz NOT NULL)`,
      sql`CREATE INDEX audit_entries_by_object_id ON audit_entries (object_id, entry_id)`,
    ];
    for (const statement of statements) await statement.execute(db);
    for (const table of KEPT_FOR_EVER) {
      await sql`CREATE TRIGGER ${sql.id(`${table}_append_only`)} BEFORE UPDATE OR DELETE ON ${sql.table(table)}
        FOR EACH ROW EXECUTE FUNCTION refuse_change()`.execute(db);
      await sql`CREATE TRIGGER ${sql.id(`${table}_never_emptied`)} BEFORE TRUNCATE ON ${sql.table(table)}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`.execute(db);
    }
  },
};
