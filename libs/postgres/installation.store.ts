import { sql } from 'kysely';
import type { Executor } from './database.js';

/** Keeps what tells the master key of the installation, the first time. Gives what is kept, from now or from before. */
export async function keepMasterKeyCheck(executor: Executor, check: string): Promise<string> {
  await sql`INSERT INTO installation (master_key_check) VALUES (${check}) ON CONFLICT DO NOTHING`.execute(executor);
  const { rows } = await sql<{ master_key_check: string }>`SELECT master_key_check FROM installation`.execute(executor);
  return rows[0]?.master_key_check ?? '';
}

export interface VersionCheck {
  purpose: 'pepper' | 'wrapping-key';
  version: number;
  key_check: string;
}

/** Keeps what tells each pepper and wrapping key, the first time. Gives all that is kept. */
export async function keepVersionChecks(executor: Executor, checks: readonly VersionCheck[]): Promise<VersionCheck[]> {
  await executor.insertInto('secret_versions').values(checks).onConflict((kept) => kept.doNothing()).execute();
  return executor.selectFrom('secret_versions').selectAll().execute();
}

/** The versions under which something is kept. */
export async function versionsInUse(executor: Executor): Promise<Pick<VersionCheck, 'purpose' | 'version'>[]> {
  const { rows } = await sql<Pick<VersionCheck, 'purpose' | 'version'>>`
    SELECT 'pepper' AS purpose, pepper_version AS version FROM bearer_digests
    UNION SELECT 'wrapping-key', wrapping_version FROM wrapped_secrets
    UNION SELECT 'wrapping-key', wrapping_version FROM alert_channel_secrets`.execute(executor);
  return rows;
}
