import { sql, type Kysely, type Migration } from 'kysely';

/**
 * What is remembered of a key is written down now and then, not in each step: it says up to which step it holds, and each batch in which step it
 * was seen, so that what came after can be judged again. Watches and habits that an older version left are read as they are.
 */
export const packedKeyMemory: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      sql`ALTER TABLE key_watch ALTER COLUMN state DROP NOT NULL, ADD COLUMN memory bytea, ADD COLUMN step bigint NOT NULL DEFAULT 0, ADD COLUMN look_at integer`,
      // It is compressed before it comes here.
      sql`ALTER TABLE key_watch ALTER COLUMN memory SET STORAGE EXTERNAL`,
      sql`CREATE INDEX key_watch_by_look ON key_watch (look_at) WHERE look_at IS NOT NULL`,
      sql`ALTER TABLE detected_batches ADD COLUMN step bigint NOT NULL DEFAULT 0`,
      sql`ALTER TABLE detection_cursors ADD COLUMN written_up_to bigint NOT NULL DEFAULT 0`,
      sql`UPDATE detection_cursors SET written_up_to = version`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
