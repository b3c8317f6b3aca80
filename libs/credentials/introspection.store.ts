import type { Executor } from '@keytrail/postgres';
import type { CredentialRecord } from './credential.js';
import { selectCredentials } from './credential.store.js';

/** A key with what tells whether it was presented. */
export interface IntrospectedKey extends CredentialRecord {
  /** Of bearer keys. */
  digest: string | null; pepper_version: number | null;
  /** Of workspace keys: the secret, encrypted. */
  wrapped: string | null; wrapping_version: number | null;
  /** Of its workspace: a public key needs a user token. Null for a key of the account. */
  enhanced_security: boolean | null;
}

/** Keys by how what names them, or is them, shows in request logs. */
export const findIntrospected = (executor: Executor, fingerprints: readonly string[]): Promise<IntrospectedKey[]> =>
  selectCredentials(executor).leftJoin('bearer_digests as b', 'b.key_id', 'c.key_id').leftJoin('wrapped_secrets as s', 's.key_id', 'c.key_id')
    .select(['b.digest', 'b.pepper_version', 's.wrapped', 's.wrapping_version', 'w.enhanced_security'])
    .where('c.fingerprint', 'in', fingerprints).execute();
