import { sql, type Selectable } from 'kysely';
import type { CredentialKind } from '@keytrail/contracts';
import { inWorkspaces, type CredentialTable, type Executor } from '@keytrail/postgres';
import type { CredentialRecord } from './api-key.js';

/** Columns of a {@link CredentialRecord}; the digest stays in the database. */
const selectCredentials = (executor: Executor) => executor.selectFrom('credentials as c')
  .innerJoin('owners as o', 'o.owner_id', 'c.owner_id')
  .innerJoin('workspaces as w', 'w.workspace_id', 'c.workspace_id')
  .select([
    'c.key_id', 'c.kind', 'c.workspace_id', 'w.environment', 'c.name', 'c.service', 'c.owner_id', 'o.name as owner_name',
    'o.contact as owner_contact', 'c.scopes', 'c.hint', 'c.fingerprint', 'c.created_at', 'c.created_by', 'c.expires_at', 'c.rotated_at',
    'c.revoked_at', 'c.revoked_by', 'c.revoke_reason', 'c.replaces', 'c.replaced_by',
  ]);

export interface CredentialFilter {
  workspaces: readonly string[] | null;
  owner_id?: string | undefined;
  state?: 'active' | 'revoked' | 'expired' | undefined;
  before?: string | undefined;
  limit: number;
}

export const findByDigest = (executor: Executor, digest: string): Promise<CredentialRecord | undefined> =>
  selectCredentials(executor).where('c.digest', '=', digest).executeTakeFirst();

export const findById = (executor: Executor, keyId: string, workspaces: readonly string[] | null): Promise<CredentialRecord | undefined> =>
  selectCredentials(executor).where('c.key_id', '=', keyId).where(inWorkspaces(workspaces, 'c.workspace_id')).executeTakeFirst();

/** The same, holding the row against other changes until the transaction ends. */
export const lockById = (transaction: Executor, keyId: string, workspaces: readonly string[] | null): Promise<CredentialRecord | undefined> =>
  selectCredentials(transaction).where('c.key_id', '=', keyId).where(inWorkspaces(workspaces, 'c.workspace_id'))
    .forUpdate('c').executeTakeFirst();

/** Keys, newest first. */
export async function listCredentials(executor: Executor, filter: CredentialFilter, now: Date): Promise<CredentialRecord[]> {
  let query = selectCredentials(executor).where(inWorkspaces(filter.workspaces, 'c.workspace_id')).orderBy('c.key_id', 'desc').limit(filter.limit);
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
  'key_id' | 'kind' | 'workspace_id' | 'name' | 'service' | 'owner_id' | 'scopes' | 'digest' | 'fingerprint' | 'hint' | 'created_at' |
  'created_by' | 'expires_at' | 'replaces'> & {
  /** When it took the place of `replaces`. */
  rotated_at?: Date;
};

export async function insertCredential(transaction: Executor, key: NewCredential): Promise<void> {
  await transaction.insertInto('credentials').values({ ...key, scopes: JSON.stringify(key.scopes) }).execute();
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

/** What other stages need to know of a key. */
export interface DirectoryEntry {
  key_id: string;
  kind: CredentialKind;
  workspace_id: string;
  name: string;
  fingerprint: string;
  owner_id: string;
  owner_name: string;
  owner_contact: string;
  expires_at: Date | null;
  revoked_at: Date | null;
  replaced_by: string | null;
  version: number;
}

/** Keys that changed after `version`. */
export const changedSince = (executor: Executor, version: number): Promise<DirectoryEntry[]> =>
  executor.selectFrom('credentials as c').innerJoin('owners as o', 'o.owner_id', 'c.owner_id')
    .select([
      'c.key_id', 'c.kind', 'c.workspace_id', 'c.name', 'c.fingerprint', 'c.owner_id', 'o.name as owner_name', 'o.contact as owner_contact',
      'c.expires_at', 'c.revoked_at', 'c.replaced_by', 'c.version',
    ]).where(sql<boolean>`c.version > ${version}`).orderBy('c.version').execute();
