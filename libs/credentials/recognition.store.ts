import type { Executor } from '@keytrail/postgres';
import { inWorkspaces } from '@keytrail/postgres';
import type { CredentialRecord } from './credential.js';
import { selectCredentials } from './credential.store.js';

/** A key with what tells its secret from another. */
export interface RecognisableKey extends CredentialRecord {
  digest: string | null; pepper_version: number | null; wrapped: string | null; wrapping_version: number | null; secret_fingerprint: string | null;
}

const selectRecognisable = (executor: Executor) => selectCredentials(executor)
  .leftJoin('bearer_digests as b', 'b.key_id', 'c.key_id').leftJoin('wrapped_secrets as s', 's.key_id', 'c.key_id')
  .select(['b.digest', 'b.pepper_version', 's.wrapped', 's.wrapping_version', 's.secret_fingerprint']);

/** Keys by the fingerprint of their secret, or of the `kid` of a signing key. */
export async function findByFingerprints(executor: Executor, fingerprints: readonly string[]): Promise<RecognisableKey[]> {
  const byOwn = await selectRecognisable(executor).where('c.fingerprint', 'in', fingerprints).execute();
  const bySecret = await selectRecognisable(executor).where('s.secret_fingerprint', 'in', fingerprints).execute();
  return [...byOwn, ...bySecret];
}

export const findAllById = (executor: Executor, keyIds: readonly string[], workspaces: readonly string[] | null): Promise<RecognisableKey[]> =>
  selectRecognisable(executor).where('c.key_id', 'in', keyIds).where(inWorkspaces(workspaces, 'c.workspace_id')).execute();
