import { sql } from 'kysely';
import type { Executor } from '@keytrail/postgres';
import type { NewOwner, OwnedKey, OwnerPatch, OwnerRow } from './owner-row.js';

/** What no two owners of an account share. */
export type OwnerNames = Partial<Pick<OwnerRow, 'name' | 'external_id' | 'handle'>>;

/** Which of some names another owner has. `except`: the owner that may have them. */
export async function takenName(executor: Executor, account: string, names: OwnerNames, except = ''): Promise<keyof OwnerNames | undefined> {
  const { name, external_id, handle } = names;
  const others = executor.selectFrom('owners').select('owner_id').where('account_id', '=', account).where('owner_id', '<>', except).limit(1);
  if (name !== undefined && await others.where('name', '=', name).executeTakeFirst()) return 'name';
  if (external_id != null && await others.where('external_id', '=', external_id).executeTakeFirst()) return 'external_id';
  if (handle != null && await others.where(({ eb, fn, ref }) => eb(fn('lower', [ref('handle')]), '=', handle.toLowerCase())).executeTakeFirst()) return 'handle';
  return undefined;
}

/** Tells others of keys whose owner changed: the version of a key is what does, and keys show their owner. They must be locked. */
export async function touchKeysOf(transaction: Executor, ownerIds: readonly string[]): Promise<void> {
  if (ownerIds.length > 0) await transaction.updateTable('credentials').set(({ ref }) => ({ owner_id: ref('owner_id') })).where(anyOf('owner_id', ownerIds)).execute();
}

const anyOf = (column: 'owner_id' | 'key_id', ids: readonly string[]) => sql<boolean>`${sql.ref(column)} = ANY(${ids}::text[])`;

/** Any number that nothing else locks by. */
const IMPORT_LOCK = 727_410_027;

/** One import at a time, until the transaction ends. */
export const holdImports = async (transaction: Executor): Promise<void> => {
  await sql`SELECT pg_advisory_xact_lock(${IMPORT_LOCK})`.execute(transaction);
};

export const allOwners = (executor: Executor, account: string): Promise<OwnerRow[]> =>
  executor.selectFrom('owners').selectAll().where('account_id', '=', account).orderBy('owner_id').execute();

/** The same, held against other changes until the transaction ends. Not FOR UPDATE: keys are made for them meanwhile. */
export const lockOwners = (transaction: Executor, account: string): Promise<OwnerRow[]> =>
  transaction.selectFrom('owners').selectAll().where('account_id', '=', account).orderBy('owner_id').forNoKeyUpdate().execute();

/** Active keys of the registry itself; those of a key platform have the owners it names. */
export const activeKeys = (executor: Executor, now: Date, workspace: string | undefined): Promise<OwnedKey[]> =>
  executor.selectFrom('credentials').select(['key_id', 'name', 'service', 'owner_id', 'kind', 'workspace_id']).where('authority', '=', 'registry').where('revoked_at', 'is', null)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now)]))
    .$if(workspace !== undefined, (query) => query.where('workspace_id', '=', workspace!)).orderBy('key_id').execute();

/** How many active keys each of some owners has; those without are left out. */
export async function countActiveKeys(executor: Executor, ownerIds: readonly string[], now: Date): Promise<Map<string, number>> {
  const rows = await executor.selectFrom('credentials').select(['owner_id', ({ fn }) => fn.countAll<number>().as('keys')]).where(anyOf('owner_id', ownerIds))
    .where('revoked_at', 'is', null).where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now)])).groupBy('owner_id').execute();
  return new Map(rows.map(({ owner_id, keys }) => [owner_id, keys]));
}

const ROWS_A_STATEMENT = 500;

export async function insertOwners(transaction: Executor, account: string, owners: readonly (NewOwner & { owner_id: string })[], now: Date): Promise<void> {
  for (let start = 0; start < owners.length; start += ROWS_A_STATEMENT) {
    await transaction.insertInto('owners').values(owners.slice(start, start + ROWS_A_STATEMENT).map(({ line: _, escalation, ...owner }) => ({
      ...owner, account_id: account, status: 'active' as const, created_at: now, escalation: JSON.stringify(escalation),
    }))).execute();
  }
}

export async function updateOwner(transaction: Executor, ownerId: string, { escalation, ...patch }: OwnerPatch, now: Date): Promise<OwnerRow> {
  return transaction.updateTable('owners').set({
    ...patch, ...(escalation && { escalation: JSON.stringify(escalation) }), ...(patch.status !== undefined && { left_at: patch.status === 'left' ? now : null }),
  }).where('owner_id', '=', ownerId).returningAll().executeTakeFirstOrThrow();
}

/** Holds keys of owners and keys by id against other changes, in the order in which everybody does. */
export async function lockKeys(transaction: Executor, ownerIds: readonly string[], keyIds: readonly string[]): Promise<void> {
  await transaction.selectFrom('credentials').select('key_id').where((where) => where.or([anyOf('owner_id', ownerIds), anyOf('key_id', keyIds)]))
    .orderBy('key_id').forNoKeyUpdate().execute();
}

/** Gives keys to other owners. Returns those that were still as they had been read. */
export async function reassignKeys(transaction: Executor, keys: readonly { key_id: string; from: string; to: string }[]): Promise<Set<string>> {
  const { rows } = await sql<{ key_id: string }>`UPDATE credentials AS c SET owner_id = v.after
    FROM unnest(${keys.map(({ key_id }) => key_id)}::text[], ${keys.map(({ from }) => from)}::text[], ${keys.map(({ to }) => to)}::text[]) AS v (key_id, before, after)
    WHERE c.key_id = v.key_id AND c.owner_id = v.before AND c.revoked_at IS NULL RETURNING c.key_id`.execute(transaction);
  return new Set(rows.map(({ key_id }) => key_id));
}

/** What was read last of a source. */
export const lastRead = async (executor: Executor, source: string): Promise<string | undefined> =>
  (await executor.selectFrom('owner_feeds').select('sha256').where('source', '=', source).executeTakeFirst())?.sha256;

export async function noteRead(executor: Executor, source: string, sha256: string, outcome: 'applied' | 'refused', now: Date): Promise<void> {
  const row = { sha256, read_at: now, outcome };
  await executor.insertInto('owner_feeds').values({ source, ...row }).onConflict((conflicting) => conflicting.column('source').doUpdateSet(row)).execute();
}
