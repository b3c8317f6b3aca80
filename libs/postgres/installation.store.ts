import { sql } from 'kysely';
import type { Executor } from './database.js';

/** Keeps what tells the master key of the installation, the first time. Gives what is kept, from now or from before. */
export async function keepMasterKeyCheck(executor: Executor, check: string): Promise<string> {
  await sql`INSERT INTO installation (master_key_check) VALUES (${check}) ON CONFLICT DO NOTHING`.execute(executor);
  const { rows } = await sql<{ master_key_check: string }>`SELECT master_key_check FROM installation`.execute(executor);
  return rows[0]?.master_key_check ?? '';
}
