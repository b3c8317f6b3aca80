import { Injectable } from '@nestjs/common';
import type { IntrospectRequest, Introspection } from '@keytrail/contracts';
import { Clock, Secrets, fingerprintOf, parseBearerKey, type WorkspaceScope } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { introspectionOf, judgeKey, type CredentialRecord } from './credential.js';
import { findBearer, findByFingerprint, findBySecretFingerprint } from './credential.store.js';
import { SIGNING_SECRET_PREFIX, isNoBearer } from './kinds.js';

/** Tells gateways whether what was presented to them is good. Reads the registry each time: a revocation is seen by the next call. */
@Injectable()
export class KeyIntrospection {
  constructor(private readonly database: Database, private readonly secrets: Secrets, private readonly clock: Clock) {}

  async introspect(scope: WorkspaceScope, request: IntrospectRequest): Promise<Introspection> {
    const fingerprint = fingerprintOf(this.secrets.keyFor('fingerprint'), request.token);
    const parsed = parseBearerKey(request.token);
    if (!parsed.valid) return { active: false, reason: parsed.problem, fingerprint };
    if (isNoBearer(parsed.kind)) return this.refuseNoBearer(scope, parsed.kind, fingerprint);
    const key = await findBearer(this.database, fingerprint);
    // The fingerprint finds the key; that the secret is the one is told by its digest, in constant time.
    if (key === undefined || !this.secrets.matches(key, request.token) || !mayKnow(scope, key)) return { active: false, reason: 'unknown_key', fingerprint };
    const elsewhere = key.workspace_id === null && request.workspace !== undefined && !scope.allows(request.workspace);
    return introspectionOf(key, elsewhere ? 'workspace_mismatch' : judgeKey(key, request, this.clock.date()));
  }

  /** Names the key whose id or secret was sent, where the gateway may know it. */
  private async refuseNoBearer(scope: WorkspaceScope, prefix: string, fingerprint: string): Promise<Introspection> {
    const find = prefix === SIGNING_SECRET_PREFIX ? findBySecretFingerprint : findByFingerprint;
    const key = await find(this.database, fingerprint);
    const named = key !== undefined && mayKnow(scope, key) ? { key_id: key.key_id, kind: key.kind } : {};
    return { active: false, reason: 'not_a_bearer_key', ...named, fingerprint };
  }
}

/** A key of the account is good in every workspace, so every gateway may know it. */
const mayKnow = (scope: WorkspaceScope, key: CredentialRecord): boolean => key.workspace_id === null || scope.allows(key.workspace_id);
