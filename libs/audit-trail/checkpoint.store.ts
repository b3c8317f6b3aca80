import type { Selectable } from 'kysely';
import type { AuditCheckpoint, CheckpointKey } from '@keytrail/contracts';
import type { AuditCheckpointTable, Executor } from '@keytrail/postgres';

const present = (row: Selectable<AuditCheckpointTable>): AuditCheckpoint => ({
  body: { number: row.number, size: row.size, root: row.root, at: row.at.toISOString() }, protected: row.protected, signature: row.signature,
});

export async function lastCheckpoint(executor: Executor): Promise<AuditCheckpoint | undefined> {
  const row = await executor.selectFrom('audit_checkpoints').selectAll().orderBy('number', 'desc').limit(1).executeTakeFirst();
  return row && present(row);
}

export async function addCheckpoint(transaction: Executor, { body, ...signature }: AuditCheckpoint): Promise<void> {
  await transaction.insertInto('audit_checkpoints').values({ ...body, at: new Date(body.at), ...signature }).execute();
}

/** Newest first, those before `before`. */
export async function listCheckpoints(executor: Executor, before: number | null, limit: number): Promise<AuditCheckpoint[]> {
  let select = executor.selectFrom('audit_checkpoints').selectAll().orderBy('number', 'desc').limit(limit);
  if (before !== null) select = select.where('number', '<', before);
  return (await select.execute()).map(present);
}

/** Oldest first, `first` to `last` (both inclusive). */
export async function checkpointsBetween(executor: Executor, first: number, last: number, limit: number): Promise<AuditCheckpoint[]> {
  const rows = await executor.selectFrom('audit_checkpoints').selectAll()
    .where('number', '>=', first).where('number', '<=', last).orderBy('number').limit(limit).execute();
  return rows.map(present);
}

/** The first checkpoint at or after a time. */
export async function firstCheckpointFrom(executor: Executor, at: Date): Promise<AuditCheckpoint | undefined> {
  const row = await executor.selectFrom('audit_checkpoints').selectAll().where('at', '>=', at).orderBy('number').limit(1).executeTakeFirst();
  return row && present(row);
}

/** The last checkpoint at or before a time. */
export async function lastCheckpointUntil(executor: Executor, at: Date): Promise<AuditCheckpoint | undefined> {
  const row = await executor.selectFrom('audit_checkpoints').selectAll().where('at', '<=', at).orderBy('number', 'desc').limit(1).executeTakeFirst();
  return row && present(row);
}

/** The first checkpoint over `size` entries or more. */
export async function firstCheckpointOver(executor: Executor, size: number): Promise<AuditCheckpoint | undefined> {
  const row = await executor.selectFrom('audit_checkpoints').selectAll().where('size', '>=', size).orderBy('size').orderBy('number').limit(1).executeTakeFirst();
  return row && present(row);
}

export async function keepSigningKey(transaction: Executor, { kid, x }: CheckpointKey, at: Date): Promise<void> {
  await transaction.insertInto('audit_signing_keys').values({ key_id: kid, x, first_used_at: at }).onConflict((conflict) => conflict.doNothing()).execute();
}

/** Oldest first. */
export async function signingKeys(executor: Executor): Promise<CheckpointKey[]> {
  const rows = await executor.selectFrom('audit_signing_keys').selectAll().orderBy('first_used_at').orderBy('key_id').execute();
  return rows.map(({ key_id, x }) => ({ kty: 'OKP', crv: 'Ed25519', x, kid: key_id, alg: 'EdDSA', use: 'sig' }));
}
