import { sql, type Selectable } from 'kysely';
import type { Environment, IssuedKind, KeyAuthorityName, KeyState, RotationPolicy, VerificationJwk } from '@keytrail/contracts';
import { inWorkspaces, type CredentialTable, type Executor } from '@keytrail/postgres';
import type { CredentialRecord } from './credential.js';
import type { Material } from './material.js';

/** Columns of a {@link CredentialRecord}; digests and secrets stay in the database. */
export const selectCredentials = (executor: Executor) => executor.selectFrom('credentials as c')
  .innerJoin('owners as o', 'o.owner_id', 'c.owner_id')
  .leftJoin('workspaces as w', 'w.workspace_id', 'c.workspace_id')
  .leftJoin('verification_keys as v', 'v.key_id', 'c.key_id')
  .leftJoin('remote_keys as r', 'r.key_id', 'c.key_id')
  .select([
    'c.key_id', 'c.kind', 'c.account_id', 'c.workspace_id', 'c.name', 'c.service', 'c.owner_id', 'o.name as owner_name', 'o.contact as owner_contact',
    'c.scopes', 'c.hint', 'c.fingerprint', 'c.public_id', 'v.jwk as public_jwk', 'c.created_at', 'c.created_by', 'c.expires_at', 'c.rotated_at',
    'c.rotation_due_at', 'c.rotation_follows_policy', 'c.revoked_at', 'c.revoked_by', 'c.revoke_reason', 'c.replaces', 'c.replaced_by',
    'c.authority', 'c.canary', 'r.last_used_at as remote_last_used_at',
  ])
  .select(sql<CredentialRecord['environment']>`coalesce(w.environment, c.environment)`.as('environment'));

export interface CredentialFilter {
  kind: IssuedKind;
  workspaces: readonly string[] | null;
  owner_id?: string | undefined;
  state?: KeyState | undefined;
  before?: string | undefined;
  limit: number;
}

/** A workspace key by how its secret shows. */
export const findBySecretFingerprint = (executor: Executor, fingerprint: string): Promise<CredentialRecord | undefined> =>
  selectCredentials(executor).innerJoin('wrapped_secrets as s', 's.key_id', 'c.key_id').where('s.secret_fingerprint', '=', fingerprint).executeTakeFirst();

export const findById = (executor: Executor, keyId: string, workspaces: readonly string[] | null): Promise<CredentialRecord | undefined> =>
  selectCredentials(executor).where('c.key_id', '=', keyId).where(inWorkspaces(workspaces, 'c.workspace_id')).executeTakeFirst();

/** The same, holding the row against other changes until the transaction ends. */
export const lockById = (transaction: Executor, keyId: string, workspaces: readonly string[] | null): Promise<CredentialRecord | undefined> =>
  selectCredentials(transaction).where('c.key_id', '=', keyId).where(inWorkspaces(workspaces, 'c.workspace_id'))
    .forUpdate('c').executeTakeFirst();

/** Keys, newest first. */
export async function listCredentials(executor: Executor, filter: CredentialFilter, now: Date): Promise<CredentialRecord[]> {
  let query = selectCredentials(executor).where('c.kind', '=', filter.kind).where(inWorkspaces(filter.workspaces, 'c.workspace_id'))
    .orderBy('c.key_id', 'desc').limit(filter.limit);
  if (filter.owner_id !== undefined) query = query.where('c.owner_id', '=', filter.owner_id);
  if (filter.before !== undefined) query = query.where('c.key_id', '<', filter.before);
  if (filter.state === 'revoked') query = query.where('c.revoked_at', 'is not', null);
  if (filter.state === 'expired') query = query.where('c.revoked_at', 'is', null).where('c.expires_at', '<=', now);
  if (filter.state === 'active') {
    query = query.where('c.revoked_at', 'is', null).where((where) => where.or([where('c.expires_at', 'is', null), where('c.expires_at', '>', now)]));
  }
  return query.execute();
}

export type NewCredential = Pick<Selectable<CredentialTable>,
  'key_id' | 'kind' | 'account_id' | 'workspace_id' | 'environment' | 'name' | 'service' | 'owner_id' | 'scopes' | 'created_at' | 'created_by' |
  'expires_at' | 'rotation_due_at' | 'rotation_follows_policy' | 'replaces'> & {
  /** When it took the place of `replaces`. */
  rotated_at?: Date;
  /** Absent: the registry. */
  authority?: KeyAuthorityName;
  /** Absent: it is none. */
  canary?: boolean;
};

/** Stores a key with what its kind keeps. */
export async function insertCredential(transaction: Executor, key: NewCredential, material: Omit<Material, 'shown'>): Promise<void> {
  const { public_id, fingerprint, hint, bearer, wrapped, jwk } = material;
  const { key_id } = key;
  await transaction.insertInto('credentials').values({ ...key, scopes: JSON.stringify(key.scopes), public_id, fingerprint, hint }).execute();
  if (bearer !== undefined) await transaction.insertInto('bearer_digests').values({ key_id, ...bearer }).execute();
  if (wrapped !== undefined) await transaction.insertInto('wrapped_secrets').values({ key_id, ...wrapped }).execute();
  if (jwk !== undefined) await transaction.insertInto('verification_keys').values({ key_id, jwk: JSON.stringify(jwk) }).execute();
}

export interface Revocation {
  revoked_at: Date;
  revoked_by: string;
  revoke_reason: string | null;
  replaced_by?: string;
}

/** Revokes a key that is not revoked yet. */
export async function markRevoked(transaction: Executor, keyId: string, revocation: Revocation): Promise<void> {
  await transaction.updateTable('credentials').set(revocation).where('key_id', '=', keyId).where('revoked_at', 'is', null).execute();
}

/** What the workspace of a key says of rotation; nothing for a key of the account. */
export async function policyFor(executor: Executor, workspaceId: string | null): Promise<Partial<RotationPolicy>> {
  if (workspaceId === null) return {};
  const row = await executor.selectFrom('workspaces').select('rotation_policy').where('workspace_id', '=', workspaceId).executeTakeFirst();
  return row?.rotation_policy ?? {};
}

/**
 * Holds all keys of an owner or a workspace against other changes, always in the same order: two callers who change many at once would
 * else wait for each other for good.
 */
export async function lockAllOf(transaction: Executor, of: { owner_id: string } | { workspace_id: string }): Promise<void> {
  const keys = transaction.selectFrom('credentials').select('key_id').orderBy('key_id').forNoKeyUpdate();
  await ('owner_id' in of ? keys.where('owner_id', '=', of.owner_id) : keys.where('workspace_id', '=', of.workspace_id)).execute();
}

/**
 * Makes the keys of a workspace follow its rotation policy: dates that came from it move, dates that were asked for are cut where they
 * lie beyond it.
 */
export async function followPolicy(transaction: Executor, workspaceId: string, policy: RotationPolicy): Promise<void> {
  await lockAllOf(transaction, { workspace_id: workspaceId });
  await sql`UPDATE credentials AS c SET rotation_due_at = CASE WHEN c.rotation_follows_policy THEN c.created_at + p.length
      ELSE least(c.rotation_due_at, c.created_at + p.length) END
    FROM (SELECT key AS kind, make_interval(hours => 24 * value::integer) AS length FROM jsonb_each_text(${JSON.stringify(policy)}::jsonb)) AS p
    WHERE c.workspace_id = ${workspaceId} AND c.kind = p.kind AND c.revoked_at IS NULL`.execute(transaction);
}

/** Public halves of the signing keys of a workspace that are good now. */
export async function verificationKeys(executor: Executor, workspaceId: string, now: Date): Promise<VerificationJwk[]> {
  const rows = await executor.selectFrom('verification_keys as v').innerJoin('credentials as c', 'c.key_id', 'v.key_id').select('v.jwk')
    .where('c.workspace_id', '=', workspaceId).where('c.revoked_at', 'is', null)
    .where((where) => where.or([where('c.expires_at', 'is', null), where('c.expires_at', '>', now)])).orderBy('c.key_id', 'desc').execute();
  return rows.map(({ jwk }) => jwk);
}

/** What other stages need to know of a key. */
export interface DirectoryEntry {
  key_id: string;
  kind: IssuedKind;
  /** Null for a key of the account, which is good in every workspace. */
  workspace_id: string | null;
  name: string;
  fingerprint: string;
  /** Of a workspace key: how its secret shows where somebody presented it. */
  secret_fingerprint: string | null;
  public_id: string | null;
  owner_id: string;
  owner_name: string;
  owner_contact: string;
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
  replaced_by: string | null;
  /** Of a key of the account; others have that of their workspace. */
  environment: Environment | null;
  canary: boolean;
  version: number;
}

/** Keys that changed after `version`. */
export const changedSince = (executor: Executor, version: number): Promise<DirectoryEntry[]> =>
  executor.selectFrom('credentials as c').innerJoin('owners as o', 'o.owner_id', 'c.owner_id').leftJoin('wrapped_secrets as s', 's.key_id', 'c.key_id')
    .select([
      'c.key_id', 'c.kind', 'c.workspace_id', 'c.name', 'c.fingerprint', 's.secret_fingerprint', 'c.public_id', 'c.owner_id', 'o.name as owner_name',
      'o.contact as owner_contact', 'c.created_at', 'c.expires_at', 'c.revoked_at', 'c.replaced_by', 'c.environment', 'c.canary', 'c.version',
    ]).where(sql<boolean>`c.version > ${version}`).orderBy('c.version').execute();
