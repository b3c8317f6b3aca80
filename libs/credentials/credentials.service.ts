import { Injectable } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import { z } from 'zod';
import { identifier, type IssuedKind, type KeyQuery } from '@keytrail/contracts';
import {
  Clock, Secrets, badRequest, conflict, decodeCursor, encodeCursor, newId, notFound, type Caller, type WorkspaceScope,
} from '@keytrail/platform';
import { Database, claimIdempotencyKey, keepAnswer, type Executor, type IdempotentCall } from '@keytrail/postgres';
import { askedExpiry } from './asked-expiry.js';
import { KeyAuthority, type KeyPatch, type NewKeyRequest } from './authority/key-authority.js';
import { presentKey, type CredentialRecord, type KeyOfKind } from './credential.js';
import { findById, insertCredential, listCredentials, lockById, policyFor, type NewCredential } from './credential.store.js';
import { kindRules } from './kinds.js';
import { LastUseStore } from './last-use.store.js';
import { issueMaterial } from './material.js';
import { rotationDue } from './rotation.js';

/** Members that are shown once: strings in the first answer, null in a repeated one. */
export type Once = Record<string, string | null>;

/** Keys of a key platform have ids of its making. */
const KeyPosition = z.strictObject({ key_id: identifier(256) });

type FoundOfKind<K extends IssuedKind> = CredentialRecord & { kind: K };

/** The registry as the authority of its keys, of every kind. Every change commits together with its audit entry. It also lists the mirror of remote keys. */
@Injectable()
export class Credentials extends KeyAuthority {
  override readonly name = 'registry';

  constructor(
    private readonly database: Database, private readonly secrets: Secrets, private readonly clock: Clock,
    private readonly auditTrail: AuditTrail, private readonly lastUse: LastUseStore,
  ) {
    super();
  }

  override async create<K extends IssuedKind>(
    caller: Caller, kind: K, request: NewKeyRequest, idempotencyKey: string | undefined,
  ): Promise<KeyOfKind[K] & { replayed: boolean }> {
    const rule = kindRules[kind];
    if (rule.reach === 'account') caller.scope.assertAll(`issue ${rule.noun}s`);
    else caller.scope.assertAllows(request.workspace ?? null);
    const now = this.clock.date();
    return this.once(caller, idempotencyKey, ['create', kind, request], now, rule.once, async (transaction) => {
      const place = await this.placeOf(transaction, request);
      await this.assertOwner(transaction, request.owner_id);
      const key: NewCredential = {
        key_id: newId('key'), kind, account_id: place.account_id, workspace_id: place.workspace_id,
        environment: place.workspace_id === null ? place.environment : null, name: request.name ?? `${request.service}-${place.environment}`,
        service: request.service, owner_id: request.owner_id, scopes: request.scopes ?? [], created_at: now, created_by: caller.actor,
        expires_at: askedExpiry(request.expires_at, now), ...rotationDue(kind, place.policy, now, request.rotation_due_at, now), replaces: null,
        ...(request.canary === true && { canary: true }),
      };
      const { shown, ...kept } = await issueMaterial(rule, key, this.secrets);
      await insertCredential(transaction, key, kept);
      await this.auditTrail.record(transaction, caller, {
        action: `${kind}.created`, object_type: kind, object_id: key.key_id, workspace_id: key.workspace_id,
        detail: { name: key.name, service: key.service, owner_id: key.owner_id, scopes: key.scopes, rotation_due_at: key.rotation_due_at.toISOString() },
      });
      return { answer: presentKey<K>(await this.require(transaction, kind, key.key_id, caller.scope), now), shown };
    });
  }

  async get<K extends IssuedKind>(scope: WorkspaceScope, kind: K, keyId: string): Promise<KeyOfKind[K]> {
    const key = await this.require(this.database, kind, keyId, scope);
    return this.withLastUse(presentKey<K>(key, this.clock.date()), key, await this.lastUse.of([keyId], workspacesOf([key], scope)));
  }

  async list<K extends IssuedKind>(scope: WorkspaceScope, kind: K, query: KeyQuery): Promise<{ data: KeyOfKind[K][]; next_cursor: string | null }> {
    const now = this.clock.date();
    const rows = await listCredentials(this.database, {
      kind, workspaces: scope.narrow(query.workspace), owner_id: query.owner_id, state: query.state, limit: query.limit + 1,
      before: query.cursor === undefined ? undefined : decodeCursor(KeyPosition, query.cursor).key_id,
    }, now);
    const shown = rows.slice(0, query.limit);
    const used = await this.lastUse.of(shown.map(({ key_id }) => key_id), workspacesOf(shown, scope));
    return {
      data: shown.map((row) => this.withLastUse(presentKey<K>(row as FoundOfKind<K>, now), row, used)),
      next_cursor: rows.length > query.limit ? encodeCursor({ key_id: shown.at(-1)?.key_id }) : null,
    };
  }

  override async update<K extends IssuedKind>(caller: Caller, kind: K, keyId: string, patch: KeyPatch): Promise<KeyOfKind[K]> {
    const now = this.clock.date();
    return this.database.transaction().execute(async (transaction) => {
      const before = await this.require(transaction, kind, keyId, caller.scope, lockById);
      assertOurs(before);
      if (before.revoked_at !== null) throw conflict('key_revoked', 'A revoked key cannot be changed.');
      if (patch.owner_id !== undefined) await this.assertOwner(transaction, patch.owner_id);
      const { scopes, expires_at, rotation_due_at, name, owner_id, canary } = patch;
      await transaction.updateTable('credentials').set({
        ...(name !== undefined && { name }), ...(owner_id !== undefined && { owner_id }), ...(canary !== undefined && { canary }), ...(scopes && { scopes: JSON.stringify(scopes) }),
        ...(expires_at !== undefined && { expires_at: askedExpiry(expires_at, now) }),
        ...(rotation_due_at !== undefined
          && rotationDue(kind, await policyFor(transaction, before.workspace_id), before.created_at, rotation_due_at, now)),
      }).where('key_id', '=', keyId).execute();
      await this.auditTrail.record(transaction, caller, {
        action: `${kind}.changed`, object_type: kind, object_id: keyId, workspace_id: before.workspace_id,
        detail: {
          before: {
            name: before.name, owner_id: before.owner_id, scopes: before.scopes, expires_at: before.expires_at?.toISOString() ?? null,
            rotation_due_at: before.rotation_due_at.toISOString(),
          },
          after: patch,
        },
      });
      return presentKey<K>(await this.require(transaction, kind, keyId, caller.scope), now);
    });
  }

  /** Runs a change once for each Idempotency-Key, in one transaction; what is shown once is not kept for later. */
  private async once<A extends object>(
    caller: Caller, key: string | undefined, request: unknown, now: Date, hidden: readonly string[],
    change: (transaction: Executor) => Promise<{ answer: A; shown: Readonly<Once> }>,
  ): Promise<A & { replayed: boolean }> {
    const call: IdempotentCall | undefined = key === undefined ? undefined : { caller: caller.actor, key, request };
    return this.database.transaction().execute(async (transaction) => {
      const first = call && await claimIdempotencyKey<A>(transaction, call, now);
      if (first !== undefined) return { ...first, replayed: true };
      const { answer, shown } = await change(transaction);
      const kept = { ...answer, ...Object.fromEntries(hidden.map((member) => [member, null])), replayed: false };
      if (call !== undefined) await keepAnswer(transaction, call, kept);
      return { ...kept, ...shown };
    });
  }

  private async require<K extends IssuedKind>(executor: Executor, kind: K, keyId: string, scope: WorkspaceScope, find = findById): Promise<FoundOfKind<K>> {
    const key = await find(executor, keyId, scope.ids);
    if (key?.kind !== kind) throw notFound(kindRules[kind].noun);
    return key as FoundOfKind<K>;
  }

  /** Where a new key belongs. Holds the workspace's policy still until the transaction ends. */
  private async placeOf(transaction: Executor, { workspace, environment }: NewKeyRequest) {
    if (workspace === undefined) {
      const { account_id } = await transaction.selectFrom('accounts').select('account_id').executeTakeFirstOrThrow();
      if (environment === undefined) throw new Error('a key of the account was asked for without its environment');
      return { account_id, workspace_id: null, environment, policy: {} };
    }
    const row = await transaction.selectFrom('workspaces').selectAll().where('workspace_id', '=', workspace).forShare().executeTakeFirst();
    if (row === undefined) throw notFound('workspace');
    return { account_id: row.account_id, workspace_id: row.workspace_id, environment: row.environment, policy: row.rotation_policy };
  }

  private async assertOwner(executor: Executor, ownerId: string): Promise<void> {
    const owner = await executor.selectFrom('owners').select('status').where('owner_id', '=', ownerId).executeTakeFirst();
    if (owner?.status !== 'active') throw badRequest('unknown_owner', 'owner_id names no active owner.');
  }

  private withLastUse<A extends { key_id: string }>(key: A, { remote_last_used_at }: CredentialRecord, used: Map<string, Date> | undefined): A {
    if (used === undefined) return key;
    const seen = used.get(key.key_id);
    const latest = seen !== undefined && (remote_last_used_at === null || seen > remote_last_used_at) ? seen : remote_last_used_at;
    return { ...key, last_used_at: latest?.toISOString() ?? null };
  }
}

/** A change of the mirror alone would be a lie. */
function assertOurs(key: CredentialRecord): void {
  if (key.authority !== 'registry') throw new Error(`${key.key_id} is a key of another authority`);
}

/** Where the requests of keys are to be looked for: their workspaces, and for keys of the account all that the caller sees. */
const workspacesOf = (keys: readonly CredentialRecord[], scope: WorkspaceScope): string[] | null =>
  (keys.some(({ workspace_id }) => workspace_id === null) ? scope.ids : [...new Set(keys.map(({ workspace_id }) => workspace_id!))]);
