import { sql, type Insertable, type Selectable, type Updateable } from 'kysely';
import type { ContainmentState, ContainmentSummary, IssuedKind } from '@keytrail/contracts';
import { inWorkspaces, type ContainmentTable, type Executor } from '@keytrail/postgres';

/** A containment with what is told of its keys and their owner. */
export interface ContainmentRecord extends Selectable<ContainmentTable> {
  kind: IssuedKind; name: string; owner_id: string; owner_name: string; owner_contact: string;
  old_revoked_at: Date | null; successor_revoked_at: Date | null; successor_expires_at: Date | null;
}

const selectContainments = (executor: Executor) => executor.selectFrom('containments as t')
  .innerJoin('credentials as c', 'c.key_id', 't.key_id').innerJoin('owners as o', 'o.owner_id', 'c.owner_id')
  .leftJoin('credentials as s', 's.key_id', 't.successor_id')
  .selectAll('t').select([
    'c.kind', 'c.name', 'c.owner_id', 'o.name as owner_name', 'o.contact as owner_contact', 'c.revoked_at as old_revoked_at',
    's.revoked_at as successor_revoked_at', 's.expires_at as successor_expires_at',
  ]);

export const insertContainment = async (transaction: Executor, row: Insertable<ContainmentTable>): Promise<void> => {
  await transaction.insertInto('containments').values(row).execute();
};

export const findContainment = (executor: Executor, id: string, workspaces: readonly string[] | null): Promise<ContainmentRecord | undefined> =>
  selectContainments(executor).where('t.containment_id', '=', id).where(inWorkspaces(workspaces, 't.workspace_id')).executeTakeFirst();

/** The same, held against other changes until the transaction ends. Lock its key first: everybody takes the two in that order. */
export const lockContainment = (transaction: Executor, id: string): Promise<ContainmentRecord | undefined> =>
  selectContainments(transaction).where('t.containment_id', '=', id).forUpdate('t').executeTakeFirst();

/** The containment of a key that was not cancelled; there is one at most. */
export const containmentOfKey = (executor: Executor, keyId: string) =>
  executor.selectFrom('containments').select(['containment_id', 'state', 'started_by']).where('key_id', '=', keyId).where('state', '<>', 'cancelled').executeTakeFirst();

export interface ContainmentFilter {
  workspaces: readonly string[] | null;
  key_id?: string | undefined;
  incident_id?: string | undefined;
  state?: ContainmentState | undefined;
  before?: string | undefined;
  limit: number;
}

/** Newest first. */
export async function listContainments(executor: Executor, filter: ContainmentFilter): Promise<ContainmentRecord[]> {
  const { key_id } = filter;
  let query = selectContainments(executor).where(inWorkspaces(filter.workspaces, 't.workspace_id')).orderBy('t.containment_id', 'desc').limit(filter.limit);
  if (key_id !== undefined) query = query.where((where) => where.or([where('t.key_id', '=', key_id), where('t.successor_id', '=', key_id)]));
  if (filter.incident_id !== undefined) query = query.where('t.incident_id', '=', filter.incident_id);
  if (filter.state !== undefined) query = query.where('t.state', '=', filter.state);
  if (filter.before !== undefined) query = query.where('t.containment_id', '<', filter.before);
  return query.execute();
}

/** Ids of all whose keys both live, the one that ends next first. */
export async function overlapsUnderWay(executor: Executor): Promise<string[]> {
  const rows = await executor.selectFrom('containments').select('containment_id').where('state', '=', 'overlap').orderBy('overlap_ends_at').execute();
  return rows.map(({ containment_id }) => containment_id);
}

export async function changeContainment(transaction: Executor, id: string, change: Updateable<ContainmentTable>): Promise<void> {
  await transaction.updateTable('containments').set(change).where('containment_id', '=', id).execute();
}

/** A key and everything that replaced it since. */
export async function lineOf(executor: Executor, keyId: string): Promise<string[]> {
  const { rows } = await sql<{ key_id: string }>`WITH RECURSIVE line AS (
      SELECT key_id, 1 AS depth FROM credentials WHERE key_id = ${keyId}
      UNION ALL SELECT c.key_id, line.depth + 1 FROM credentials AS c JOIN line ON c.replaces = line.key_id WHERE line.depth < 50)
    SELECT key_id FROM line`.execute(executor);
  return rows.map(({ key_id }) => key_id);
}

/** What matters of an owner when a key is handed over. Not locked: owners are locked before their keys elsewhere. */
export const ownerFacts = (executor: Executor, ownerId: string) =>
  executor.selectFrom('owners').select(['owner_id', 'name', 'status', 'public_key']).where('owner_id', '=', ownerId).executeTakeFirstOrThrow();

/** The other keys of an owner that are not revoked. */
export const otherKeysOf = (executor: Executor, ownerId: string, keyId: string, workspaces: readonly string[] | null) =>
  executor.selectFrom('credentials').select(['key_id', 'kind', 'name']).where('owner_id', '=', ownerId).where('key_id', '<>', keyId)
    .where('revoked_at', 'is', null).where(inWorkspaces(workspaces)).orderBy('key_id', 'desc').limit(1_000).execute();

const iso = (date: Date | null) => date?.toISOString() ?? null;

export const summaryOf = (row: ContainmentRecord): ContainmentSummary => ({
  containment_id: row.containment_id, action: row.action, state: row.state, key_id: row.key_id, kind: row.kind, name: row.name, workspace_id: row.workspace_id,
  owner: { owner_id: row.owner_id, name: row.owner_name, contact: row.owner_contact }, successor_id: row.successor_id, reason: row.reason,
  incident_id: row.incident_id, bulk_id: row.bulk_id, hand_over: row.hand_over, started_at: row.started_at.toISOString(), started_by: row.started_by,
  overlap_ends_at: iso(row.overlap_ends_at), revoked_at: iso(row.revoked_at), ended_at: iso(row.ended_at), ended_by: row.ended_by,
});
