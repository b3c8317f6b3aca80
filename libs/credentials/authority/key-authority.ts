import type { Environment, IssuedKind, KeyAuthorityName } from '@keytrail/contracts';
import type { Caller } from '@keytrail/platform';
import type { KeyOfKind } from '../credential.js';

/** What a new key of any kind is asked for; which of it a kind takes says the schema of its body. */
export interface NewKeyRequest {
  /** Of the kinds that belong to one. */
  workspace?: string | undefined;
  /** Of the kinds that belong to the account. */
  environment?: Environment | undefined;
  service: string;
  name?: string | undefined;
  owner_id: string;
  scopes?: string[] | undefined;
  expires_at?: string | undefined;
  rotation_due_at?: string | undefined;
  /** Nobody may use it. Keys of the registry only. */
  canary?: boolean | undefined;
  /** Who is to keep it; absent = the registry. */
  authority?: KeyAuthorityName | undefined;
}

export interface KeyPatch {
  name?: string | undefined;
  owner_id?: string | undefined;
  scopes?: string[] | undefined;
  expires_at?: string | null | undefined;
  rotation_due_at?: string | null | undefined;
  canary?: boolean | undefined;
}

/**
 * Who keeps keys: whose word it is that a key exists, whose it is and whether it is good. The registry is one; a key platform that was there
 * before is another, and what the registry has of its keys is a mirror.
 */
export abstract class KeyAuthority {
  abstract readonly name: KeyAuthorityName;

  /** Issues a key. Under an Idempotency-Key that was used before, the answer of then comes back without what is shown once. */
  abstract create<K extends IssuedKind>(caller: Caller, kind: K, request: NewKeyRequest, idempotencyKey: string | undefined): Promise<KeyOfKind[K] & { replayed: boolean }>;

  /** Changes a key that is not revoked. To revoke one is containment. */
  abstract update<K extends IssuedKind>(caller: Caller, kind: K, keyId: string, patch: KeyPatch): Promise<KeyOfKind[K]>;
}
