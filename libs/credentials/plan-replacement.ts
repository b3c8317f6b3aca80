import type { RotationPolicy } from '@keytrail/contracts';
import { LAST_EXPIRY, conflict } from '@keytrail/platform';
import { keyState, type CredentialRecord } from './credential.js';
import { rotationOfSuccessor, type RotationDue } from './rotation.js';

/** What the successor of a key takes over: everything that says what it is for and whose it is; nothing of its secret. */
export interface ReplacementPlan extends RotationDue, Pick<CredentialRecord, 'kind' | 'account_id' | 'workspace_id' | 'name' | 'service' | 'owner_id' | 'scopes' | 'expires_at'> {
  /** Of a key of the account; any other takes its workspace's. */
  environment: CredentialRecord['environment'] | null;
  replaces: string;
}

/**
 * How to replace a key. Throws 409 `key_revoked` when somebody was faster: the successor, if there is one, is named.
 * An expiry is kept as a length of life: the successor lives as long as the old key was meant to.
 */
export function planReplacement(key: CredentialRecord, policy: Partial<RotationPolicy>, now: Date): ReplacementPlan {
  if (keyState(key, now) === 'revoked') {
    throw conflict('key_revoked', key.replaced_by === null ? 'The key is revoked already.' : `The key is revoked already; ${key.replaced_by} replaced it.`);
  }
  const life = key.expires_at === null ? null : key.expires_at.getTime() - key.created_at.getTime();
  return {
    kind: key.kind, account_id: key.account_id, workspace_id: key.workspace_id, environment: key.workspace_id === null ? key.environment : null,
    name: key.name, service: key.service, owner_id: key.owner_id, scopes: [...key.scopes],
    expires_at: life === null ? null : new Date(Math.min(now.getTime() + life, LAST_EXPIRY.getTime())),
    ...rotationOfSuccessor(key, policy, now), replaces: key.key_id,
  };
}
