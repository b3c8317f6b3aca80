import { createHash } from 'node:crypto';
import { Injectable, Optional } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import type { IssuedKind, RemoteKey } from '@keytrail/contracts';
import { AppError, Clock, badRequest, conflict, newId, notFound, type Caller } from '@keytrail/platform';
import { Database, claimIdempotencyKey, keepAnswer, type Executor, type IdempotentCall } from '@keytrail/postgres';
import { askedExpiry } from '../asked-expiry.js';
import { presentKey, type CredentialRecord, type KeyOfKind } from '../credential.js';
import { findById, lockById, policyFor } from '../credential.store.js';
import { kindRules } from '../kinds.js';
import { rotationDue } from '../rotation.js';
import { KeyAuthority, type KeyPatch, type NewKeyRequest } from './key-authority.js';
import { KeyPlatform, type RemoteKeyBody } from './key-platform.js';
import { filledIn } from './mirrored-key.js';
import { PlatformFailure } from './platform-failure.js';
import { RemoteMirror } from './remote-mirror.service.js';

/**
 * A key platform as the authority of its keys. Each change is noted as asked for, made there, and then mirrored with its own audit entry:
 * no transaction is held while the platform is waited for. A failure (`PlatformFailure`) says whether the change may have been made all the
 * same; the next reading of the platform's keys shows it then.
 */
@Injectable()
export class RemoteKeyAuthority extends KeyAuthority {
  override readonly name = 'remote';

  constructor(
    private readonly database: Database, private readonly mirror: RemoteMirror, private readonly auditTrail: AuditTrail, private readonly clock: Clock,
    @Optional() private readonly platform?: KeyPlatform,
  ) {
    super();
  }

  override async create<K extends IssuedKind>(caller: Caller, kind: K, request: NewKeyRequest, idempotencyKey: string | undefined): Promise<KeyOfKind[K] & { replayed: boolean }> {
    assertNoCanary(request.canary);
    const platform = this.required();
    if (kind !== 'api_key') throw badRequest('kind_not_remote', 'The key platform keeps API keys only.');
    caller.scope.assertAllows(request.workspace ?? null);
    const call: IdempotentCall | undefined = idempotencyKey === undefined ? undefined : { caller: caller.actor, key: idempotencyKey, request: ['create', kind, request] };
    const marker = `create-${call === undefined ? newId('call') : createHash('sha256').update(JSON.stringify([call.caller, call.key])).digest('hex').slice(0, 40)}`;
    const begun = await this.begin<KeyOfKind[K] & { replayed: boolean }>(caller, request, call, platform);
    if ('answer' in begun) return { ...begun.answer, replayed: true };
    const body = { ...begun.body, metadata: { keytrail: marker } };
    const made = begun.again ? await platform.lookFor(marker) ?? await this.ask(platform, body, marker, call) : await this.ask(platform, body, marker, call);
    return this.database.transaction().execute(async (transaction) => {
      const { name, owner, workspace, environment, service, scopes } = begun.body;
      const asked = { name, owner: { name: owner ?? '' }, workspace, environment, service, scopes, expires_at: askedExpiry(request.expires_at, new Date(0)) };
      if (!await this.mirror.write(transaction, filledIn(made, asked), { actor: caller, rotation_due_at: request.rotation_due_at })) throw idTaken();
      const { secret, ...rest } = made;
      const answer = { ...presentKey<K>(await this.require<K>(transaction, kind, rest.id), this.clock.date()), secret: null, replayed: false };
      if (call !== undefined) await keepAnswer(transaction, call, answer);
      return { ...answer, secret: secret ?? null };
    });
  }

  override async update<K extends IssuedKind>(caller: Caller, kind: K, keyId: string, patch: KeyPatch): Promise<KeyOfKind[K]> {
    assertNoCanary(patch.canary);
    const { rotation_due_at, owner_id, scopes, expires_at, name } = patch;
    const now = this.clock.date();
    const owner = await this.database.transaction().execute(async (transaction) => {
      const key = await this.lock(transaction, caller, kind, keyId);
      if (key.revoked_at !== null) throw conflict('key_revoked', 'A revoked key cannot be changed.');
      if (rotation_due_at !== undefined) rotationDue(kind, await policyFor(transaction, key.workspace_id), key.created_at, rotation_due_at, now);
      askedExpiry(expires_at, now);
      const named = owner_id === undefined ? undefined : await this.activeOwner(transaction, owner_id);
      await this.noteAsked(transaction, caller, 'change_requested', key, { patch });
      return named;
    });
    const body: RemoteKeyBody = { ...(name !== undefined && { name }), ...(owner !== undefined && { owner }), ...(scopes && { scopes }), ...(expires_at !== undefined && { expires_at }) };
    // The platform knows nothing of rotation dates.
    const changed = Object.keys(body).length === 0 ? undefined : await this.required().change(keyId, body);
    return this.database.transaction().execute(async (transaction) => {
      const key = await this.lock(transaction, caller, kind, keyId);
      if (changed !== undefined) await this.mirror.write(transaction, { ...changed, secret: undefined }, { actor: caller });
      if (rotation_due_at !== undefined) {
        const due = rotationDue(kind, await policyFor(transaction, key.workspace_id), key.created_at, rotation_due_at, now);
        await transaction.updateTable('credentials').set(due).where('key_id', '=', keyId).execute();
        await this.auditTrail.record(transaction, caller, {
          action: `${kind}.changed`, object_type: kind, object_id: keyId, workspace_id: key.workspace_id,
          detail: { before: { rotation_due_at: key.rotation_due_at.toISOString() }, after: { rotation_due_at } },
        });
      }
      return presentKey<K>(await this.require<K>(transaction, kind, keyId), now);
    });
  }

  /**
   * Says whom and what a new key is for, and notes that it is asked for. `again`: an earlier call under this Idempotency-Key was never
   * answered, and the platform may have made the key.
   */
  private async begin<A>(caller: Caller, request: NewKeyRequest, call: IdempotentCall | undefined, platform: KeyPlatform): Promise<{ answer: A } | { body: RemoteKeyBody; again: boolean }> {
    const now = this.clock.date();
    return this.database.transaction().execute(async (transaction) => {
      const first = call && await claimIdempotencyKey<A | null>(transaction, call, now);
      if (first !== undefined && first !== null) return { answer: first };
      const { timeoutMs, settleMs } = platform.settings;
      if (first === null && !await takeOver(transaction, call!, now, timeoutMs + settleMs)) {
        throw new AppError({
          code: 'call_under_way', status: 409, retryAfter: Math.ceil((timeoutMs + settleMs) / 1_000),
          message: 'The first call with this Idempotency-Key may still be under way at the key platform. Send it again later.',
        });
      }
      const workspace = await transaction.selectFrom('workspaces').selectAll().where('workspace_id', '=', request.workspace ?? '').executeTakeFirst();
      if (workspace === undefined) throw notFound('workspace');
      const owner = await this.activeOwner(transaction, request.owner_id);
      const expires = askedExpiry(request.expires_at, now);
      rotationDue('api_key', workspace.rotation_policy, now, request.rotation_due_at, now);
      const { environment, workspace_id } = workspace;
      const body: RemoteKeyBody = {
        name: request.name ?? `${request.service}-${environment}`, owner, workspace: workspace_id, environment, service: request.service, scopes: request.scopes ?? [],
        ...(expires !== null && { expires_at: expires.toISOString() }),
      };
      await this.auditTrail.record(transaction, caller, {
        action: 'api_key.creation_requested', object_type: 'workspace', object_id: workspace_id, workspace_id, detail: { ...body, authority: 'remote' },
      });
      return { body, again: first === null };
    });
  }

  /** Where nothing was made for certain, the Idempotency-Key is good for another try. */
  private async ask(platform: KeyPlatform, body: RemoteKeyBody, marker: string, call: IdempotentCall | undefined): Promise<RemoteKey> {
    try {
      return await platform.create(body, marker);
    } catch (error) {
      if (call !== undefined && error instanceof PlatformFailure && error.effect === 'none') {
        await this.database.deleteFrom('idempotent_calls').where('caller', '=', call.caller).where('idempotency_key', '=', call.key).execute();
      }
      throw error;
    }
  }

  private async lock(transaction: Executor, caller: Caller, kind: IssuedKind, keyId: string): Promise<CredentialRecord> {
    const key = await lockById(transaction, keyId, caller.scope.ids);
    if (key?.kind !== kind || key.authority !== 'remote') throw notFound(kindRules[kind].noun);
    return key;
  }

  private async require<K extends IssuedKind>(transaction: Executor, kind: K, keyId: string): Promise<CredentialRecord & { kind: K }> {
    const key = await findById(transaction, keyId, null);
    if (key?.kind !== kind) throw new Error('a key was gone in the transaction that mirrored it');
    return key as CredentialRecord & { kind: K };
  }

  private async activeOwner(executor: Executor, ownerId: string): Promise<string> {
    const owner = await executor.selectFrom('owners').select(['name', 'status']).where('owner_id', '=', ownerId).executeTakeFirst();
    if (owner?.status !== 'active') throw badRequest('unknown_owner', 'owner_id names no active owner.');
    return owner.name;
  }

  private async noteAsked(transaction: Executor, caller: Caller, what: string, key: CredentialRecord, detail: Record<string, unknown>, reason?: string): Promise<void> {
    await this.auditTrail.record(transaction, caller, {
      action: `${key.kind}.${what}`, object_type: key.kind, object_id: key.key_id, workspace_id: key.workspace_id, ...(reason && { reason }),
      detail: { name: key.name, authority: 'remote', ...detail },
    });
  }

  private required(): KeyPlatform {
    if (this.platform === undefined) throw new PlatformFailure('not_configured', 'none', false);
    return this.platform;
  }
}

/** Whoever was first has had the time to end. */
async function takeOver(transaction: Executor, call: IdempotentCall, now: Date, afterMs: number): Promise<boolean> {
  const taken = await transaction.updateTable('idempotent_calls').set({ created_at: now }).where('caller', '=', call.caller).where('idempotency_key', '=', call.key)
    .where('created_at', '<=', new Date(now.getTime() - afterMs)).returning('caller').executeTakeFirst();
  return taken !== undefined;
}

const idTaken = () => new AppError({ code: 'key_platform_id_taken', status: 502, message: 'The key platform made a key whose id is that of another key here. It is not mirrored; revoke it there.' });

/** A canary is a promise that nobody uses a key, which only its keeper can give. */
function assertNoCanary(canary: boolean | undefined): void {
  if (canary !== undefined) throw badRequest('no_canary', 'A key of the key platform cannot be a canary. Issue one of the registry.');
}
