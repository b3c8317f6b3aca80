import { createSecretKey, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { importJWK, type CryptoKey } from 'jose';
import type { IntrospectRequest, Introspection, RefusalReason, SignedRequest } from '@keytrail/contracts';
import { Clock, Secrets, fingerprintOf, parseBearerKey, type Caller, type Marks, type WorkspaceScope } from '@keytrail/platform';
import { Changes, Database } from '@keytrail/postgres';
import { introspectionOf, judgeKey, type CredentialRecord } from './credential.js';
import { findBySecretFingerprint } from './credential.store.js';
import { IntrospectedKeys } from './introspected-keys.service.js';
import type { IntrospectedKey } from './introspection.store.js';
import { SIGNING_SECRET_PREFIX, isNoBearer, kindRules } from './kinds.js';
import { placeOf } from './material.js';
import { NonceStore } from './nonce.store.js';
import { isInWindow, isSignedWith, isWellFormed, nonceExpiry } from './request-signature.js';
import { DEFAULT_TENANT, signerOf, verifyUserToken, type UserTokenClaims } from './user-token.js';
import { VerifiedTokens } from './verified-tokens.js';

/** Who asks, and how far the registry had changed at a moment since they did. */
type Asking = Pick<Caller, 'scope' | 'marks'>;

/** Tells gateways whether what was presented to them is good. A revocation is seen by the next call, in every process. */
@Injectable()
export class KeyIntrospection {
  private readonly verifiers = new WeakMap<IntrospectedKey, Promise<CryptoKey>>();
  private readonly verified = new VerifiedTokens<IntrospectedKey>();
  private readonly unwrapped = new WeakMap<IntrospectedKey, KeyObject>();

  constructor(
    private readonly keys: IntrospectedKeys, private readonly nonces: NonceStore, private readonly database: Database,
    private readonly secrets: Secrets, private readonly clock: Clock, private readonly changes: Changes,
  ) {}

  async introspect({ scope, marks }: Asking, request: IntrospectRequest): Promise<Introspection> {
    return this.answer({ scope, marks: marks ?? await this.changes.now() }, request);
  }

  /** Each by itself; null = what did not fit the schema. */
  async introspectAll({ scope, marks }: Asking, requests: readonly (IntrospectRequest | null)[]): Promise<Introspection[]> {
    const asking = { scope, marks: marks ?? await this.changes.now() };
    return Promise.all(requests.map(async (request) => (request === null ? { active: false, reason: 'malformed' as const } : this.answer(asking, request))));
  }

  private answer(asking: Required<Asking>, request: IntrospectRequest): Promise<Introspection> {
    if (request.token !== undefined) return this.ofBearer(asking, request, request.token);
    if (request.signed_request !== undefined) return this.ofSignedRequest(asking, request, request.signed_request);
    return this.ofPublicKey(asking, request, request.public_key ?? '');
  }

  private async ofBearer({ scope, marks }: Required<Asking>, request: IntrospectRequest, token: string): Promise<Introspection> {
    const fingerprint = this.fingerprint(token);
    const parsed = parseBearerKey(token);
    if (!parsed.valid) return this.ofOtherAuthority({ scope, marks }, fingerprint, parsed.problem);
    if (isNoBearer(parsed.kind)) return this.refuseNoBearer({ scope, marks }, parsed.kind, fingerprint);
    const key = await this.keys.find(fingerprint, marks);
    if (key?.authority === 'remote') return otherAuthority(scope, key, fingerprint);
    // The fingerprint finds the key; that the secret is the one is told by its digest, in constant time.
    if (key === undefined || !this.matches(key, token) || !mayKnow(scope, key)) return { active: false, reason: 'unknown_key', fingerprint };
    return introspectionOf(key, this.judge(scope, request, key));
  }

  /** What is no key of ours may be one of the key platform that was made through Keytrail. */
  private async ofOtherAuthority({ scope, marks }: Required<Asking>, fingerprint: string, reason: RefusalReason): Promise<Introspection> {
    const key = reason === 'malformed' ? await this.keys.find(fingerprint, marks) : undefined;
    return key?.authority === 'remote' ? otherAuthority(scope, key, fingerprint) : { active: false, reason, fingerprint };
  }

  private async ofSignedRequest(asking: Required<Asking>, need: IntrospectRequest, request: SignedRequest): Promise<Introspection> {
    const named = await this.named(asking, request.public_id, 'workspace_key');
    if ('refused' in named) return named.refused;
    const { key } = named;
    if (!isWellFormed(request)) return introspectionOf(key, 'malformed');
    if (!isInWindow(request, this.clock.date())) return introspectionOf(key, 'timestamp_out_of_window');
    if (!isSignedWith(request, this.signingSecret(key))) return introspectionOf(key, 'bad_signature');
    const reason = this.judge(asking.scope, need, key);
    if (reason !== undefined) return introspectionOf(key, reason);
    // Last, so that only what would be accepted takes up room.
    const isNew = await this.nonces.claim({ key_id: key.key_id, nonce: request.nonce, expires_at: nonceExpiry(request) });
    return introspectionOf(key, isNew ? undefined : 'nonce_replayed');
  }

  private async ofPublicKey(asking: Required<Asking>, request: IntrospectRequest, publicId: string): Promise<Introspection> {
    const named = await this.named(asking, publicId, 'public_key');
    if ('refused' in named) return named.refused;
    const { key } = named;
    const reason = this.judge(asking.scope, request, key);
    if (reason !== undefined) return introspectionOf(key, reason);
    if (request.user_token === undefined) return introspectionOf(key, key.enhanced_security === true ? 'user_token_required' : undefined);
    const verdict = await this.verify(asking.marks, request.user_token, key);
    if ('refused' in verdict) return introspectionOf(key, verdict.refused);
    const { exp, ...subject } = verdict.claims;
    if (subject.tenant_id !== (request.tenant ?? DEFAULT_TENANT)) return introspectionOf(key, 'tenant_mismatch');
    const answer = introspectionOf(key, undefined);
    return { ...answer, exp: Math.min(exp, answer.exp ?? exp), subject, signing_key_id: verdict.signer.key_id };
  }

  /** The key that an id names. Where the id is that of a key of another kind, that is told. */
  private async named(
    { scope, marks }: Required<Asking>, publicId: string, kind: 'workspace_key' | 'public_key',
  ): Promise<{ key: IntrospectedKey } | { refused: Introspection }> {
    const fingerprint = this.fingerprint(publicId);
    const parsed = parseBearerKey(publicId);
    const refused = (reason: RefusalReason) => ({ refused: { active: false, reason, fingerprint } });
    if (!parsed.valid) return refused(parsed.problem);
    if (parsed.kind !== kindRules[kind].prefix) return refused('wrong_kind');
    const key = await this.keys.find(fingerprint, marks);
    return key === undefined || !mayKnow(scope, key) ? refused('unknown_key') : { key };
  }

  private async verify(
    marks: Marks, token: string, { workspace_id }: IntrospectedKey,
  ): Promise<{ claims: UserTokenClaims; signer: IntrospectedKey } | { refused: RefusalReason }> {
    const named = signerOf(token);
    if ('refused' in named) return named;
    const signer = await this.keys.find(this.fingerprint(named.kid), marks);
    // A key of another workspace is no key here, and how it fares is nobody's business.
    if (signer?.kind !== 'signing_key' || signer.workspace_id !== workspace_id) return { refused: 'user_token_unknown_signer' };
    const now = this.clock.date();
    const known = this.verified.find(signer, token, now);
    const verdict = known === undefined ? await verifyUserToken(token, await this.verifierOf(signer), now) : { accepted: known };
    if (known === undefined && 'accepted' in verdict) this.verified.keep(signer, token, verdict.accepted, now);
    const state = judgeKey(signer, {}, now);
    if (state === 'revoked' || state === 'expired') return { refused: `user_token_signer_${state}` };
    return 'refused' in verdict ? verdict : { claims: verdict.accepted, signer };
  }

  private verifierOf(signer: IntrospectedKey): Promise<CryptoKey> {
    const known = this.verifiers.get(signer);
    if (known !== undefined) return known;
    if (signer.public_jwk === null) throw new Error(`signing key ${signer.key_id} has lost its public half`);
    const verifier = importJWK(signer.public_jwk, 'ES256') as Promise<CryptoKey>;
    this.verifiers.set(signer, verifier);
    return verifier;
  }

  private judge(scope: WorkspaceScope, request: IntrospectRequest, key: IntrospectedKey): RefusalReason | undefined {
    const elsewhere = key.workspace_id === null && request.workspace !== undefined && !scope.allows(request.workspace);
    return elsewhere ? 'workspace_mismatch' : judgeKey(key, request, this.clock.date());
  }

  private fingerprint(presented: string): string {
    return fingerprintOf(this.secrets.keyFor('fingerprint'), presented);
  }

  private matches({ digest, pepper_version }: IntrospectedKey, token: string): boolean {
    return digest !== null && pepper_version !== null && this.secrets.matches({ digest, pepper_version }, token);
  }

  private signingSecret(key: IntrospectedKey): KeyObject {
    const known = this.unwrapped.get(key);
    if (known !== undefined) return known;
    const { wrapped, wrapping_version } = key;
    if (wrapped === null || wrapping_version === null) throw new Error(`workspace key ${key.key_id} has lost its secret`);
    const secret = createSecretKey(this.secrets.unwrap({ wrapped, wrapping_version }, placeOf(key)), 'utf8');
    this.unwrapped.set(key, secret);
    return secret;
  }

  /** Names the key whose id or secret was sent, where the gateway may know it. */
  private async refuseNoBearer({ scope, marks }: Required<Asking>, prefix: string, fingerprint: string): Promise<Introspection> {
    const key = prefix === SIGNING_SECRET_PREFIX ? await findBySecretFingerprint(this.database, fingerprint) : await this.keys.find(fingerprint, marks);
    const named = key !== undefined && mayKnow(scope, key) ? { key_id: key.key_id, kind: key.kind } : {};
    return { active: false, reason: 'not_a_bearer_key', ...named, fingerprint };
  }
}

/** A key of the account is good in every workspace, so every gateway may know it. */
const mayKnow = (scope: WorkspaceScope, key: CredentialRecord): boolean => key.workspace_id === null || scope.allows(key.workspace_id);

/** Whether a key of another authority is good is not for the registry to say; whose it is, is told where it may be known. */
const otherAuthority = (scope: WorkspaceScope, key: CredentialRecord, fingerprint: string): Introspection =>
  ({ active: false, reason: 'other_authority', ...(mayKnow(scope, key) && { key_id: key.key_id, kind: key.kind }), fingerprint });
