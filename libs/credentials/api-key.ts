import type { ApiKey, ApiKeyState, CredentialKind, Environment, Introspection, RefusalReason } from '@keytrail/contracts';

/** A registered key with its owner and workspace, as stored. */
export interface CredentialRecord {
  key_id: string; kind: CredentialKind; workspace_id: string; environment: Environment; name: string; service: string;
  owner_id: string; owner_name: string; owner_contact: string; scopes: string[]; hint: string; fingerprint: string;
  created_at: Date; created_by: string; expires_at: Date | null; rotated_at: Date | null;
  revoked_at: Date | null; revoked_by: string | null; revoke_reason: string | null; replaces: string | null; replaced_by: string | null;
}

/** Revoked beats expired: what a person decided is what they want to read. */
export function keyState(key: Pick<CredentialRecord, 'revoked_at' | 'expires_at'>, now: Date): ApiKeyState {
  if (key.revoked_at !== null) return 'revoked';
  return key.expires_at !== null && key.expires_at <= now ? 'expired' : 'active';
}

const iso = (date: Date | null) => date?.toISOString() ?? null;

/** The key as callers see it; nothing of its secret but the last four characters. */
export const presentKey = (key: CredentialRecord, now: Date): ApiKey => ({
  key_id: key.key_id, kind: key.kind, workspace_id: key.workspace_id, name: key.name, service: key.service, environment: key.environment,
  owner: { owner_id: key.owner_id, name: key.owner_name, contact: key.owner_contact }, scopes: key.scopes, state: keyState(key, now),
  hint: key.hint, fingerprint: key.fingerprint, created_at: key.created_at.toISOString(), created_by: key.created_by,
  expires_at: iso(key.expires_at), rotated_at: iso(key.rotated_at), revoked_at: iso(key.revoked_at), revoked_by: key.revoked_by,
  revoke_reason: key.revoke_reason, replaces: key.replaces, replaced_by: key.replaced_by,
});

export interface IntrospectionNeed {
  workspace?: string | undefined;
  scope?: string | undefined;
}

/** Whether a known key may be used for a call, and why not. Scopes may end in `*`, which stands for any rest. */
export function judgeKey(key: CredentialRecord, need: IntrospectionNeed, now: Date): RefusalReason | undefined {
  const state = keyState(key, now);
  if (state !== 'active') return state;
  if (need.workspace !== undefined && need.workspace !== key.workspace_id) return 'workspace_mismatch';
  const wanted = need.scope;
  if (wanted !== undefined && !key.scopes.some((scope) => coversScope(scope, wanted))) return 'insufficient_scope';
  return undefined;
}

const coversScope = (granted: string, wanted: string) =>
  (granted.endsWith('*') ? wanted.startsWith(granted.slice(0, -1)) : granted === wanted);

const epochSeconds = (date: Date) => Math.floor(date.getTime() / 1000);

/**
 * The answer a gateway gets. A refusal names the key, so that the gateway can log it, and nothing else; a key of another workspace
 * stays as unknown to the caller as any other object of that workspace.
 */
export function introspectionOf(key: CredentialRecord, reason: RefusalReason | undefined): Introspection {
  if (reason === 'workspace_mismatch') return { active: false, reason, fingerprint: key.fingerprint };
  if (reason !== undefined) return { active: false, reason, key_id: key.key_id, kind: key.kind, fingerprint: key.fingerprint };
  return {
    active: true, key_id: key.key_id, kind: key.kind, fingerprint: key.fingerprint, workspace_id: key.workspace_id,
    owner: { owner_id: key.owner_id, name: key.owner_name }, scope: key.scopes.join(' '), environment: key.environment,
    iat: epochSeconds(key.created_at), ...(key.expires_at && { exp: epochSeconds(key.expires_at) }),
  };
}
