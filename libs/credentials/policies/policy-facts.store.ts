import { sql } from 'kysely';
import type { Environment } from '@keytrail/contracts';
import type { Executor } from '@keytrail/postgres';
import type { KeyFacts } from './policy.js';

/** Active keys from after one id up to another; null = to the end. */
export interface KeyRange {
  after: string;
  upTo: string | null;
}

/** The next active keys by id, and what is needed to ask the request logs about them. */
export const nextActiveKeys = (executor: Executor, after: string, now: Date, limit: number) => executor.selectFrom('credentials')
  .select(['key_id', 'workspace_id', 'created_at']).where('key_id', '>', after).where('revoked_at', 'is', null)
  .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now)])).orderBy('key_id').limit(limit).execute();

/** What policies look at of the active keys of a range, but for their use. */
export async function factsOf(executor: Executor, { after, upTo }: KeyRange, now: Date): Promise<Omit<KeyFacts, 'last_used_at'>[]> {
  let query = executor.selectFrom('credentials as c').innerJoin('owners as o', 'o.owner_id', 'c.owner_id').leftJoin('workspaces as w', 'w.workspace_id', 'c.workspace_id')
    .select([
      'c.key_id', 'c.kind', 'c.name', 'c.service', 'c.workspace_id', 'c.created_at', 'c.expires_at', 'c.rotation_due_at', 'c.owner_id',
      'o.name as owner_name', 'o.contact', 'o.status', 'o.left_at',
    ])
    .select(sql<Environment>`coalesce(w.environment, c.environment)`.as('environment'))
    // A key may have had several successors whose rotations were cancelled: those are revoked.
    .select((where) => where.selectFrom('credentials as s').select(({ fn: { min } }) => min('s.created_at').as('at')).whereRef('s.replaces', '=', 'c.key_id')
      .where('s.revoked_at', 'is', null).where((or) => or.or([or('s.expires_at', 'is', null), or('s.expires_at', '>', now)])).as('successor_at'))
    .where('c.key_id', '>', after).where('c.revoked_at', 'is', null)
    .where((where) => where.or([where('c.expires_at', 'is', null), where('c.expires_at', '>', now)]));
  if (upTo !== null) query = query.where('c.key_id', '<=', upTo);
  const rows = await query.execute();
  return rows.map(({ owner_id, owner_name, contact, status, left_at, ...key }) => ({ ...key, owner: { owner_id, name: owner_name, contact, status, left_at } }));
}

/** Those of some ids that the registry holds, by id or by public id, revoked ones among them. */
export async function registeredAmong(executor: Executor, names: readonly string[]): Promise<Set<string>> {
  const rows = await executor.selectFrom('credentials').select(['key_id', 'public_id'])
    .where((where) => where.or([where('key_id', 'in', [...names]), where('public_id', 'in', [...names])])).execute();
  return new Set(rows.flatMap(({ key_id, public_id }) => (public_id === null ? [key_id] : [key_id, public_id])));
}
