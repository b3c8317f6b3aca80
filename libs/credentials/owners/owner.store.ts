import type { Selectable } from 'kysely';
import type { Executor, OwnerTable } from '@keytrail/postgres';

export type OwnerRow = Selectable<OwnerTable>;

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
  if (ownerIds.length > 0) await transaction.updateTable('credentials').set(({ ref }) => ({ owner_id: ref('owner_id') })).where('owner_id', 'in', [...ownerIds]).execute();
}
