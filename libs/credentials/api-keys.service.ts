import { Injectable } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import type {
  ApiKey, ApiKeyPage, ApiKeyQuery, CreateApiKey, CreatedApiKey, IntrospectRequest, Introspection, UpdateApiKey,
} from '@keytrail/contracts';
import {
  Clock, LAST_EXPIRY, Secrets, badRequest, conflict, decodeCursor, encodeCursor, fingerprintOf, idPosition, newBearerKey, newId, notFound, parseBearerKey, type Caller,
  type WorkspaceScope,
} from '@keytrail/platform';
import { Database, type Executor } from '@keytrail/postgres';
import { introspectionOf, judgeKey, presentKey, type CredentialRecord } from './api-key.js';
import { findByDigest, findById, insertCredential, listCredentials, lockById, markRevoked, type NewCredential } from './credential.store.js';

export interface IssuedSecret {
  secret: string;
  digest: string;
  fingerprint: string;
  hint: string;
}

/** Issues, lists, changes, revokes and introspects API keys. Every change commits together with its audit entry. */
@Injectable()
export class ApiKeys {
  constructor(
    private readonly database: Database, private readonly secrets: Secrets, private readonly clock: Clock,
    private readonly auditTrail: AuditTrail,
  ) {}

  async create(caller: Caller, request: CreateApiKey): Promise<CreatedApiKey> {
    caller.scope.assertAllows(request.workspace);
    const issued = this.issueSecret();
    const now = this.clock.date();
    const expires = this.expiry(request.expires_at);
    return this.database.transaction().execute(async (transaction) => {
      const workspace = await transaction.selectFrom('workspaces').selectAll().where('workspace_id', '=', request.workspace).executeTakeFirst();
      if (workspace === undefined) throw notFound('workspace');
      await this.assertOwner(transaction, request.owner_id);
      const key: NewCredential = {
        key_id: newId('key'), kind: 'api_key', workspace_id: workspace.workspace_id,
        name: request.name ?? `${request.service}-${workspace.environment}`, service: request.service, owner_id: request.owner_id,
        scopes: request.scopes, digest: issued.digest, fingerprint: issued.fingerprint, hint: issued.hint, created_at: now,
        created_by: caller.actor, expires_at: expires ?? null, replaces: null,
      };
      await insertCredential(transaction, key);
      await this.auditTrail.record(transaction, caller, {
        action: 'api_key.created', object_type: 'api_key', object_id: key.key_id, workspace_id: key.workspace_id,
        detail: { name: key.name, service: key.service, owner_id: key.owner_id, scopes: key.scopes },
      });
      return { ...presentKey(await this.require(transaction, key.key_id, caller.scope), now), secret: issued.secret };
    });
  }

  async get(scope: WorkspaceScope, keyId: string): Promise<ApiKey> {
    return presentKey(await this.require(this.database, keyId, scope), this.clock.date());
  }

  async list(scope: WorkspaceScope, query: ApiKeyQuery): Promise<ApiKeyPage> {
    const now = this.clock.date();
    const rows = await listCredentials(this.database, {
      workspaces: scope.narrow(query.workspace), owner_id: query.owner_id, state: query.state, limit: query.limit + 1,
      before: query.cursor === undefined ? undefined : decodeCursor(idPosition('key'), query.cursor),
    }, now);
    const shown = rows.slice(0, query.limit);
    return {
      data: shown.map((row) => presentKey(row, now)),
      next_cursor: rows.length > query.limit ? encodeCursor(shown.at(-1)?.key_id) : null,
    };
  }

  async update(caller: Caller, keyId: string, patch: UpdateApiKey): Promise<ApiKey> {
    const now = this.clock.date();
    return this.database.transaction().execute(async (transaction) => {
      const before = await this.require(transaction, keyId, caller.scope, lockById);
      if (before.revoked_at !== null) throw conflict('key_revoked', 'A revoked key cannot be changed.');
      if (patch.owner_id !== undefined) await this.assertOwner(transaction, patch.owner_id);
      const { scopes, expires_at, ...rest } = patch;
      await transaction.updateTable('credentials').set({
        ...rest, ...(scopes && { scopes: JSON.stringify(scopes) }), ...(expires_at !== undefined && { expires_at: this.expiry(expires_at) ?? null }),
      }).where('key_id', '=', keyId).execute();
      await this.auditTrail.record(transaction, caller, {
        action: 'api_key.changed', object_type: 'api_key', object_id: keyId, workspace_id: before.workspace_id,
        detail: {
          before: { name: before.name, owner_id: before.owner_id, scopes: before.scopes, expires_at: before.expires_at?.toISOString() ?? null },
          after: patch,
        },
      });
      return presentKey(await this.require(transaction, keyId, caller.scope), now);
    });
  }

  /** Revokes a key for good. Revoking it again changes nothing. */
  async revoke(caller: Caller, keyId: string, reason: string | undefined): Promise<void> {
    await this.database.transaction().execute(async (transaction) => {
      const key = await this.require(transaction, keyId, caller.scope, lockById);
      if (key.revoked_at !== null) return;
      await markRevoked(transaction, keyId, { revoked_at: this.clock.date(), revoked_by: caller.actor, revoke_reason: reason ?? null });
      await this.auditTrail.record(transaction, caller, {
        action: 'api_key.revoked', object_type: 'api_key', object_id: keyId, workspace_id: key.workspace_id, ...(reason && { reason }),
      });
    });
  }

  /** Whether a presented key is good for a call. Reads the registry each time: a revocation is seen by the next call. */
  async introspect(scope: WorkspaceScope, request: IntrospectRequest): Promise<Introspection> {
    const fingerprint = this.fingerprint(request.token);
    const parsed = parseBearerKey(request.token);
    if (!parsed.valid) return { active: false, reason: parsed.problem, fingerprint };
    const key = await findByDigest(this.database, this.secrets.digest('api-key-digest', request.token));
    if (key === undefined || !scope.allows(key.workspace_id)) return { active: false, reason: 'unknown_key', fingerprint };
    return introspectionOf(key, judgeKey(key, request, this.clock.date()));
  }

  /** A new secret with what is kept of it. */
  issueSecret(): IssuedSecret {
    const secret = newBearerKey('api');
    return {
      secret, digest: this.secrets.digest('api-key-digest', secret), fingerprint: this.fingerprint(secret), hint: secret.slice(-4),
    };
  }

  private fingerprint(secret: string): string {
    return fingerprintOf(this.secrets.keyFor('fingerprint'), secret);
  }

  private async require(executor: Executor, keyId: string, scope: WorkspaceScope, find = findById): Promise<CredentialRecord> {
    const key = await find(executor, keyId, scope.ids);
    if (key === undefined) throw notFound('API key');
    return key;
  }

  private expiry(expires: string | null | undefined): Date | undefined {
    if (expires === undefined || expires === null) return undefined;
    const date = new Date(expires);
    if (date <= this.clock.date()) throw badRequest('expiry_in_the_past', 'expires_at lies in the past.');
    if (date > LAST_EXPIRY) throw badRequest('expiry_too_far', 'expires_at lies beyond the year 9999.');
    return date;
  }

  private async assertOwner(executor: Executor, ownerId: string): Promise<void> {
    const owner = await executor.selectFrom('owners').select('status').where('owner_id', '=', ownerId).executeTakeFirst();
    if (owner?.status !== 'active') throw badRequest('unknown_owner', 'owner_id names no active owner.');
  }
}
