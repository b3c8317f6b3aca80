import { sql, type Kysely, type Migration } from 'kysely';

/** A number that goes up with each change of an access token, so that processes that hold tokens in memory can ask whether any did. */
export const accessTokenChanges: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      sql`CREATE TABLE access_token_changes (
        only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), version bigint NOT NULL)`,
      sql`INSERT INTO access_token_changes (version) VALUES (0)`,
      // Runs while the transaction commits, under the lock that key events are told under (see 0007): commits wait for each other in one order.
      sql`CREATE FUNCTION count_access_token_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM pg_advisory_xact_lock(hashtextextended('keytrail.key_events', 0));
          UPDATE access_token_changes SET version = version + 1;
          RETURN NULL;
        END $$`,
      sql`CREATE CONSTRAINT TRIGGER access_token_change AFTER INSERT OR UPDATE OR DELETE ON access_tokens
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_access_token_change()`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
