import type { IssuedKind } from '@keytrail/contracts';

/** What kinds of keys differ in. */
export interface KindRule {
  kind: IssuedKind;
  /** As people read it. */
  noun: string;
  /** Where it is served: `/v1/<path>`. Permissions begin with it, too. */
  path: 'api-keys' | 'service-tokens' | 'workspace-keys' | 'public-keys' | 'signing-keys';
  /** Whom the key belongs to: one workspace, or the account and so each of its workspaces. */
  reach: 'workspace' | 'account';
  /**
   * What proves that somebody holds it: a bearer secret, of which a digest is kept; a secret that signs requests, kept encrypted; nothing
   * but its id; or a key pair, of which the public half is kept.
   */
  proof: 'bearer' | 'signing-secret' | 'none' | 'key-pair';
  /** `kt_<prefix>_…`: of the bearer key, else of the public id. A key pair goes by its thumbprint. */
  prefix: string;
  /** Members of the answer that are shown once. */
  once: readonly string[];
}

export const kindRules: Readonly<Record<IssuedKind, KindRule>> = {
  api_key: { kind: 'api_key', noun: 'API key', path: 'api-keys', reach: 'workspace', proof: 'bearer', prefix: 'api', once: ['secret'] },
  service_token: { kind: 'service_token', noun: 'service token', path: 'service-tokens', reach: 'account', proof: 'bearer', prefix: 'svc', once: ['secret'] },
  workspace_key: { kind: 'workspace_key', noun: 'workspace key', path: 'workspace-keys', reach: 'workspace', proof: 'signing-secret', prefix: 'ws', once: ['secret'] },
  public_key: { kind: 'public_key', noun: 'public key', path: 'public-keys', reach: 'workspace', proof: 'none', prefix: 'pub', once: [] },
  signing_key: {
    kind: 'signing_key', noun: 'signing key', path: 'signing-keys', reach: 'workspace', proof: 'key-pair', prefix: '',
    once: ['private_key_pem', 'private_key_pem_base64'],
  },
};

/** Of the secret of a workspace key, which must never be sent. */
export const SIGNING_SECRET_PREFIX = 'sec';

const NOT_BEARER = new Set([SIGNING_SECRET_PREFIX, ...Object.values(kindRules).filter(({ proof }) => proof !== 'bearer').map(({ prefix }) => prefix)]);

/** Whether what begins with `kt_<prefix>_` proves nothing when it is sent alone: an id, or a secret that is meant for signing. */
export const isNoBearer = (prefix: string): boolean => NOT_BEARER.has(prefix);
