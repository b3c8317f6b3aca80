import { sql, type Kysely, type Migration } from 'kysely';

/** What ties findings to incidents is looked up, instead of reading every incident of the hour. */
export const incidentTies: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const column of ['key_ids', 'addresses', 'agents', 'fingerprints']) {
      await sql`CREATE INDEX ${sql.ref(`incidents_by_${column}`)} ON incidents USING gin (${sql.ref(column)})`.execute(db);
    }
    await sql`CREATE INDEX incidents_by_owner ON incidents (owner_id, last_seen)`.execute(db);
  },
};
