import type {
  AnyKey, ApiKey, Environment, Introspection, IssuedKind, KeyAuthorityName, KeyState, PublicKey, RefusalReason, ServiceToken, SigningKey, VerificationJwk, WorkspaceKey,
} from '@keytrail/contracts';
import { kindRules } from './kinds.js';

/** A registered key with its owner and environment, as stored. */
export interface CredentialRecord {
  key_id: string; kind: IssuedKind; account_id: string;
  /** Null for a key of the account. */
  workspace_id: string | null;
  environment: Environment; name: string; service: string;
  owner_id: string; owner_name: string; owner_contact: string; scopes: string[]; hint: string; fingerprint: string;
  public_id: string | null; public_jwk: VerificationJwk | null;
  created_at: Date; created_by: string; expires_at: Date | null; rotated_at: Date | null;
  rotation_due_at: Date; rotation_follows_policy: boolean;
  revoked_at: Date | null; revoked_by: string | null; revoke_reason: string | null; replaces: string | null; replaced_by: string | null;
  authority: KeyAuthorityName;
  /** Nobody may use it. */
  canary: boolean;
  /** As the key platform says, of a key of its own. */
  remote_last_used_at: Date | null;
}

/** How a key of each kind is answered. */
export interface KeyOfKind { api_key: ApiKey; service_token: ServiceToken; workspace_key: WorkspaceKey; public_key: PublicKey; signing_key: SigningKey }

/** Revoked beats expired: what a person decided is what they want to read. */
export function keyState(key: Pick<CredentialRecord, 'revoked_at' | 'expires_at'>, now: Date): KeyState {
  if (key.revoked_at !== null) return 'revoked';
  return key.expires_at !== null && key.expires_at <= now ? 'expired' : 'active';
}

const iso = (date: Date | null) => date?.toISOString() ?? null;

/** The key as callers see it; nothing of its secret but the last four characters. */
export function presentKey<K extends IssuedKind = IssuedKind>(key: CredentialRecord & { kind: K }, now: Date): KeyOfKind[K] {
  const shown = {
    key_id: key.key_id, kind: key.kind, authority: key.authority, workspace_id: key.workspace_id, name: key.name, service: key.service, environment: key.environment,
    owner: { owner_id: key.owner_id, name: key.owner_name, contact: key.owner_contact }, scopes: key.scopes, state: keyState(key, now),
    hint: key.hint, fingerprint: key.fingerprint, created_at: key.created_at.toISOString(), created_by: key.created_by,
    expires_at: iso(key.expires_at), rotated_at: iso(key.rotated_at), rotation_due_at: key.rotation_due_at.toISOString(),
    revoked_at: iso(key.revoked_at), revoked_by: key.revoked_by, revoke_reason: key.revoke_reason, replaces: key.replaces, replaced_by: key.replaced_by, canary: key.canary,
    ...namesOf(key),
  };
  // What the kind of a record says of its other members is kept by the database, not by the types.
  return shown as unknown as AnyKey as KeyOfKind[K];
}

function namesOf({ kind, public_id, public_jwk }: CredentialRecord): object {
  const { proof } = kindRules[kind];
  if (proof === 'key-pair') return { kid: public_id, public_jwk };
  return proof === 'bearer' ? {} : { public_id };
}

export interface IntrospectionNeed {
  workspace?: string | undefined;
  scope?: string | undefined;
}

/**
 * Whether a known key may be used for a call, and why not. A key of the account is good in every workspace. Scopes may end in `*`, which
 * stands for any rest.
 */
export function judgeKey(key: CredentialRecord, need: IntrospectionNeed, now: Date): RefusalReason | undefined {
  const state = keyState(key, now);
  if (state !== 'active') return state;
  if (need.workspace !== undefined && key.workspace_id !== null && need.workspace !== key.workspace_id) return 'workspace_mismatch';
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
    active: true, key_id: key.key_id, kind: key.kind, fingerprint: key.fingerprint,
    ...(key.workspace_id === null ? { account_wide: true as const } : { workspace_id: key.workspace_id }),
    owner: { owner_id: key.owner_id, name: key.owner_name }, scope: key.scopes.join(' '), environment: key.environment,
    iat: epochSeconds(key.created_at), ...(key.expires_at && { exp: epochSeconds(key.expires_at) }),
  };
}
