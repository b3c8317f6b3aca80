import { sql } from 'kysely';
import type { Executor } from '@keytrail/postgres';
import { selectCredentials } from '../credential.store.js';
import type { CredentialRecord } from '../credential.js';

/** All mirrors, by id. */
export async function allMirrors(executor: Executor): Promise<Map<string, CredentialRecord>> {
  const rows = await selectCredentials(executor).where('c.authority', '=', 'remote').execute();
  return new Map(rows.map((row) => [row.key_id, row]));
}

/** Whose key it is to keep; undefined when no such key is known. */
export async function authorityOf(executor: Executor, keyId: string) {
  return (await executor.selectFrom('credentials').select('authority').where('key_id', '=', keyId).executeTakeFirst())?.authority;
}

/** The database's time: processes compare what they read and wrote by it. */
export async function databaseTime(executor: Executor): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`SELECT clock_timestamp() AS now`.execute(executor);
  return rows[0]!.now;
}

/**
 * Whether what was read of a key at a time may be written to its mirror: nobody has changed the key at the platform since, and no containment
 * is at work on it, which tells of its own steps.
 */
export async function mayOverwrite(transaction: Executor, keyId: string, readAt: Date): Promise<boolean> {
  const newer = await transaction.selectFrom('remote_keys').select('key_id').where('key_id', '=', keyId).where('written_at', '>=', readAt).executeTakeFirst();
  if (newer !== undefined) return false;
  const atWork = await transaction.selectFrom('containments').select('containment_id').where('state', 'in', ['in_progress', 'stuck'])
    .where((where) => where.or([where('key_id', '=', keyId), where('successor_id', '=', keyId)])).executeTakeFirst();
  return atWork === undefined;
}

/** Notes that a mirror was written by who changed the key at the platform. */
export async function markWritten(transaction: Executor, keyId: string): Promise<void> {
  const written_at = sql<Date>`clock_timestamp()`;
  await transaction.insertInto('remote_keys').values({ key_id: keyId, written_at })
    .onConflict((conflicting) => conflicting.column('key_id').doUpdateSet({ written_at })).execute();
}

/** Uses are no changes that anybody is told of. */
export async function noteLastUses(executor: Executor, uses: readonly { key_id: string; last_used_at: Date }[]): Promise<void> {
  if (uses.length === 0) return;
  await sql`UPDATE remote_keys AS r SET last_used_at = u.at
    FROM (SELECT * FROM jsonb_to_recordset(${JSON.stringify(uses.map(({ key_id, last_used_at }) => ({ key_id, at: last_used_at })))}::jsonb) AS u(key_id text, at timestamptz)) AS u
    WHERE r.key_id = u.key_id AND (r.last_used_at IS NULL OR r.last_used_at < u.at)`.execute(executor);
}

/** Takes the reading of the platform's keys for a while; false when another process has it. */
export async function holdSync(executor: Executor, holdMs: number): Promise<boolean> {
  const taken = await executor.updateTable('key_platform_sync').set({ held_until: sql<Date>`now() + make_interval(secs => ${holdMs / 1_000}::double precision)` })
    .where((where) => where.or([where('held_until', 'is', null), where('held_until', '<', sql<Date>`now()`)])).returning('only_row').executeTakeFirst();
  return taken !== undefined;
}

export async function releaseSync(executor: Executor, outcome: { completed_at?: Date; last_error: string | null }): Promise<void> {
  await executor.updateTable('key_platform_sync').set({ held_until: null, ...outcome }).execute();
}
