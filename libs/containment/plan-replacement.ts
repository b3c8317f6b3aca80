import { keyState, type CredentialRecord } from '@keytrail/credentials';
import { LAST_EXPIRY, conflict } from '@keytrail/platform';

/** What the successor of a key takes over: everything that says what it is for and whose it is; nothing of its secret. */
export interface ReplacementPlan {
  kind: CredentialRecord['kind'];
  workspace_id: string;
  name: string;
  service: string;
  owner_id: string;
  scopes: string[];
  expires_at: Date | null;
  replaces: string;
}

/**
 * How to replace a key. Throws 409 `key_revoked` when somebody was faster: the successor, if there is one, is named.
 * An expiry is kept as a length of life: the successor lives as long as the old key was meant to.
 */
export function planReplacement(key: CredentialRecord, now: Date): ReplacementPlan {
  if (keyState(key, now) === 'revoked') {
    throw conflict('key_revoked', key.replaced_by === null ? 'The key is revoked already.' : `The key is revoked already; ${key.replaced_by} replaced it.`);
  }
  const life = key.expires_at === null ? null : key.expires_at.getTime() - key.created_at.getTime();
  return {
    kind: key.kind, workspace_id: key.workspace_id, name: key.name, service: key.service, owner_id: key.owner_id, scopes: [...key.scopes],
    expires_at: life === null ? null : new Date(Math.min(now.getTime() + life, LAST_EXPIRY.getTime())), replaces: key.key_id,
  };
}
