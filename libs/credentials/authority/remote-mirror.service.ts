import { Injectable, Optional } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import type { RemoteKey } from '@keytrail/contracts';
import { Clock, Secrets, fingerprintOf, newId, type Actor } from '@keytrail/platform';
import type { Executor } from '@keytrail/postgres';
import type { CredentialRecord } from '../credential.js';
import { insertCredential, lockById, policyFor } from '../credential.store.js';
import { ACCOUNT } from '../registry.service.js';
import { rotationDue } from '../rotation.js';
import { KeyPlatform } from './key-platform.js';
import { PLATFORM_ACTOR, mirrorChange, mirroredFields } from './mirrored-key.js';
import { PlatformFailure } from './platform-failure.js';
import { markWritten } from './remote-key.store.js';

const OWNER_OF_NO_NAME = 'Key platform';
const NO_CONTACT = 'see the key platform';

/** Who changed a key at the platform, and what the answer did not say. */
export interface Written {
  actor: Actor;
  reason?: string | null | undefined;
  replaces?: string | undefined;
  rotation_due_at?: string | undefined;
}

/** Keeps what the registry shows of the platform's keys like what the platform says. */
@Injectable()
export class RemoteMirror {
  constructor(
    private readonly auditTrail: AuditTrail, private readonly secrets: Secrets, private readonly clock: Clock, @Optional() private readonly platform?: KeyPlatform,
  ) {}

  /**
   * Writes what the platform says of a key. `written`: by whoever changed it there just now; absent: it was read there, and what is new in it
   * happened there. False when the id is one of the registry's own keys: that key is not touched.
   */
  async write(transaction: Executor, key: RemoteKey, written?: Written): Promise<boolean> {
    const now = this.clock.date();
    const mirror = await lockById(transaction, key.id, null);
    if (mirror !== undefined && mirror.authority !== 'remote') return false;
    const place = { owner_id: await this.ownerFor(transaction, key), workspace_id: await this.workspaceFor(transaction, key) };
    if (mirror === undefined) await this.add(transaction, key, place, written, now);
    else await this.change(transaction, mirror, key, place, written, now);
    if (written !== undefined) await markWritten(transaction, key.id);
    return true;
  }

  /** Notes that the platform revoked a key. Also where its mirror knew that already: then by whom. */
  async retire(transaction: Executor, key: CredentialRecord, revocation: { actor: Actor; reason: string | null; at: Date; replaced_by?: string | null; detail?: object }): Promise<void> {
    const { actor, reason, at, replaced_by, detail } = revocation;
    await transaction.updateTable('credentials').set({
      revoked_at: key.revoked_at ?? at, revoked_by: actor.actor, revoke_reason: reason, ...(replaced_by != null && { replaced_by }),
    }).where('key_id', '=', key.key_id).execute();
    await markWritten(transaction, key.key_id);
    await this.auditTrail.record(transaction, actor, {
      action: `${key.kind}.revoked`, object_type: key.kind, object_id: key.key_id, workspace_id: key.workspace_id, ...(reason !== null && { reason }),
      detail: { name: key.name, authority: 'remote', ...(replaced_by != null && { replaced_by }), ...detail },
    });
  }

  private async add(
    transaction: Executor, key: RemoteKey, place: { owner_id: string; workspace_id: string }, written: Written | undefined, now: Date,
  ): Promise<void> {
    const said = mirroredFields(key, now);
    const policy = await policyFor(transaction, place.workspace_id);
    const actor = written?.actor ?? PLATFORM_ACTOR;
    await insertCredential(transaction, {
      key_id: key.id, kind: 'api_key', account_id: ACCOUNT, environment: null, ...place, name: said.name, service: said.service, scopes: said.scopes,
      created_at: said.created_at, created_by: actor.actor, expires_at: said.expires_at, replaces: written?.replaces ?? null, authority: 'remote',
      ...rotationDue('api_key', policy, said.created_at, written?.rotation_due_at, now), ...(written?.replaces !== undefined && { rotated_at: now }),
    }, { public_id: null, fingerprint: this.fingerprint(key.secret ?? key.id), hint: key.secret?.slice(-4) ?? '' });
    if (said.dead) await transaction.updateTable('credentials').set({ revoked_at: said.died_at ?? now, revoked_by: actor.actor }).where('key_id', '=', key.id).execute();
    await transaction.insertInto('remote_keys').values({ key_id: key.id, last_used_at: said.last_used_at, written_at: new Date(0) }).execute();
    await this.auditTrail.record(transaction, actor, {
      action: written === undefined ? 'api_key.mirrored' : 'api_key.created', object_type: 'api_key', object_id: key.id, workspace_id: place.workspace_id,
      ...(written?.reason && { reason: written.reason }),
      detail: { name: said.name, service: said.service, owner_id: place.owner_id, scopes: said.scopes, authority: 'remote', ...(written?.replaces && { replaces: written.replaces }) },
    });
  }

  private async change(
    transaction: Executor, mirror: CredentialRecord, key: RemoteKey, place: { owner_id: string; workspace_id: string }, written: Written | undefined, now: Date,
  ): Promise<void> {
    const { scopes, ...change } = mirrorChange(mirror, mirroredFields(key, now), place, now);
    const adopted = written?.replaces !== undefined && mirror.replaces === null ? { replaces: written.replaces, rotated_at: now } : {};
    const due = written?.rotation_due_at === undefined ? {}
      : rotationDue('api_key', await policyFor(transaction, place.workspace_id), mirror.created_at, written.rotation_due_at, now);
    const changes = { ...change, ...adopted, ...due, ...(scopes && { scopes: JSON.stringify(scopes) }) };
    const seen = key.secret === undefined ? {} : { fingerprint: this.fingerprint(key.secret), hint: key.secret.slice(-4) };
    if (Object.keys({ ...changes, ...seen }).length === 0) return;
    const actor = written?.actor ?? PLATFORM_ACTOR;
    const died = change.revoked_at === undefined ? {}
      : change.revoked_at === null ? { revoked_by: null, revoke_reason: null } : { revoked_by: actor.actor, revoke_reason: written?.reason ?? null };
    await transaction.updateTable('credentials').set({ ...changes, ...seen, ...died }).where('key_id', '=', key.id).execute();
    await this.auditTrail.record(transaction, actor, {
      action: change.revoked_at ? 'api_key.revoked' : 'api_key.changed', object_type: 'api_key', object_id: key.id, workspace_id: place.workspace_id,
      ...(written?.reason && { reason: written.reason }),
      detail: { authority: 'remote', before: beforeOf(mirror, Object.keys({ ...changes })), after: { ...change, ...adopted, ...due, ...(scopes && { scopes }) } },
    });
  }

  private fingerprint(presented: string): string {
    return fingerprintOf(this.secrets.keyFor('fingerprint'), presented);
  }

  /** The workspace that the platform names, where there is one; else the one that is configured for its environment. */
  private async workspaceFor(transaction: Executor, { workspace, environment }: RemoteKey): Promise<string> {
    const places = this.required().settings.workspaces;
    const configured = places.byEnvironment.get(environment ?? '') ?? places.rest;
    const wanted = workspace === undefined ? [configured] : [workspace, configured];
    const known = new Set((await transaction.selectFrom('workspaces').select('workspace_id').where('workspace_id', 'in', wanted).execute()).map(({ workspace_id }) => workspace_id));
    const found = wanted.find((id) => known.has(id));
    if (found === undefined) throw new Error(`KEYTRAIL_KEY_PLATFORM_WORKSPACES names ${configured}, and there is no such workspace`);
    return found;
  }

  /** The owner that the platform names, made where there is none of that name; of a key without one, the one that is configured. */
  private async ownerFor(transaction: Executor, { owner }: RemoteKey): Promise<string> {
    const configured = owner === undefined ? this.required().settings.ownerId : undefined;
    if (configured !== undefined) {
      const known = await transaction.selectFrom('owners').select('owner_id').where('owner_id', '=', configured).executeTakeFirst();
      if (known !== undefined) return configured;
    }
    const name = owner?.name ?? OWNER_OF_NO_NAME;
    const byName = () => transaction.selectFrom('owners').select('owner_id').where('account_id', '=', ACCOUNT).where('name', '=', name).executeTakeFirst();
    const known = await byName();
    if (known !== undefined) return known.owner_id;
    const owner_id = newId('own');
    const made = await transaction.insertInto('owners').values({
      owner_id, account_id: ACCOUNT, name, kind: 'team', contact: owner?.contact ?? NO_CONTACT, status: 'active', created_at: this.clock.date(),
    }).onConflict((conflicting) => conflicting.columns(['account_id', 'name']).doNothing()).returning('owner_id').executeTakeFirst();
    if (made === undefined) return (await byName())!.owner_id;
    await this.auditTrail.record(transaction, PLATFORM_ACTOR, { action: 'owner.created', object_type: 'owner', object_id: owner_id, workspace_id: null, detail: { name, kind: 'team' } });
    return owner_id;
  }

  private required(): KeyPlatform {
    if (this.platform === undefined) throw new PlatformFailure('not_configured', 'none', false);
    return this.platform;
  }
}

const beforeOf = (mirror: CredentialRecord, names: readonly string[]) => Object.fromEntries(names.map((name) => [name, mirror[name as keyof CredentialRecord]]));

