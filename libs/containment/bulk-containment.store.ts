import type { Selectable } from 'kysely';
import type { BulkTarget, IssuedKind } from '@keytrail/contracts';
import { inWorkspaces, type BulkContainmentKeyTable, type BulkContainmentTable, type Executor } from '@keytrail/postgres';

export interface TargetKey {
  key_id: string; kind: IssuedKind; name: string; workspace_id: string | null; owner_id: string; fingerprint: string; version: number; revoked_at: Date | null;
  owner_status: 'active' | 'left'; owner_can_unseal: boolean;
}

/** Keys that a bulk order means, as far as `workspaces` reach; revoked ones only where they are named, or reported as leaked. */
export async function keysOfTarget(executor: Executor, target: BulkTarget, workspaces: readonly string[] | null): Promise<TargetKey[]> {
  let query = executor.selectFrom('credentials as c').innerJoin('owners as o', 'o.owner_id', 'c.owner_id').select([
    'c.key_id', 'c.kind', 'c.name', 'c.workspace_id', 'c.owner_id', 'c.fingerprint', 'c.version', 'c.revoked_at', 'o.status as owner_status',
  ]).select(({ eb }) => eb('o.public_key', 'is not', null).$castTo<boolean>().as('owner_can_unseal')).where(inWorkspaces(workspaces, 'c.workspace_id')).orderBy('c.key_id');
  if ('owner_id' in target) query = query.where('c.owner_id', '=', target.owner_id).where('c.revoked_at', 'is', null);
  else if ('workspace' in target) query = query.where('c.workspace_id', '=', target.workspace).where('c.revoked_at', 'is', null);
  else if ('leak_id' in target) query = query.where('c.key_id', 'in', (keys) => keys.selectFrom('leaked_keys').select('key_id').where('leak_id', '=', target.leak_id));
  else query = query.where((where) => where.or([where('c.key_id', 'in', target.keys), where('c.fingerprint', 'in', target.keys)]));
  return query.execute();
}

export const findBulkByToken = (executor: Executor, token: string) =>
  executor.selectFrom('bulk_containments').select(['bulk_id', 'caller_scope']).where('plan_token', '=', token).executeTakeFirst();

/** The incident of a key in a report of leaks. */
export async function incidentOfLeak(executor: Executor, leakId: string, keyId: string): Promise<string | undefined> {
  const row = await executor.selectFrom('leaked_keys').select('incident_id').where('leak_id', '=', leakId).where('key_id', '=', keyId).executeTakeFirst();
  return row?.incident_id ?? undefined;
}

export const findBulk = (executor: Executor, bulkId: string): Promise<Selectable<BulkContainmentTable> | undefined> =>
  executor.selectFrom('bulk_containments').selectAll().where('bulk_id', '=', bulkId).executeTakeFirst();

/** The keys of a bulk order with what came of each, in order. */
export const keysOfBulk = (executor: Executor, bulkId: string) =>
  executor.selectFrom('bulk_containment_keys as k').leftJoin('containments as t', 't.containment_id', 'k.containment_id')
    .innerJoin('credentials as c', 'c.key_id', 'k.key_id').selectAll('k').select(['t.successor_id', 't.sealed', 'c.workspace_id'])
    .where('k.bulk_id', '=', bulkId).orderBy('k.position').execute();

/** Locks one key of an order, if it is still to be done. Two who resume at once share the work: what one holds the other passes by. */
export const takePending = (transaction: Executor, bulkId: string, position: number) =>
  transaction.selectFrom('bulk_containment_keys').select(['key_id', 'containment_id']).where('bulk_id', '=', bulkId).where('position', '=', position)
    .where('state', '=', 'pending').forUpdate().skipLocked().executeTakeFirst();

export async function settleKey(
  executor: Executor, bulkId: string, position: number, outcome: Pick<Selectable<BulkContainmentKeyTable>, 'state' | 'containment_id' | 'code' | 'message'>, at: Date,
): Promise<void> {
  await executor.updateTable('bulk_containment_keys').set({ ...outcome, at }).where('bulk_id', '=', bulkId).where('position', '=', position)
    .where('state', '=', 'pending').execute();
}
