import { Injectable } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import type { IssuedKind } from '@keytrail/contracts';
import { Succession, findById, kindRules, lockById, presentKey, type CredentialRecord, type KeyOfKind, type Reasons } from '@keytrail/credentials';
import { Incidents } from '@keytrail/incidents';
import { AppError, Clock, newId, notFound, type Actor, type Caller } from '@keytrail/platform';
import { Database, claimIdempotencyKey, keepAnswer, type Executor, type IdempotentCall } from '@keytrail/postgres';
import type { ContainmentOrder } from './containment-order.js';
import { changeContainment, containmentOfKey, findContainment, insertContainment, ownerFacts } from './containment.store.js';
import { assertCanBeHandedOver } from './hand-over.js';
import { OverlapEnd } from './overlap-end.service.js';
import { RemoteContainments } from './remote/remote-containment.service.js';
import { sealFor } from './seal.js';

/** What was done. */
export interface Contained {
  containment_id: string;
  /** Null after a plain revocation, and where the key platform has yet to make it. */
  successor_id: string | null;
  /** Members that are shown once; empty when they were sealed. */
  shown: Readonly<Record<string, string>>;
  sealed: string | null;
  overlap_ends_at: Date | null;
  /** A key platform keeps the key: what was ordered is written down, and is done when the transaction is. `RemoteContainments` does it. */
  at_platform: boolean;
}

/** Kept under an Idempotency-Key until the key platform has done what was ordered: a repeated call goes on with it. */
interface UnderWay {
  under_way: string;
}

/** The answer to a replacement of a key of one kind, but for the members that are shown once. */
export interface ReplacementOf<K extends IssuedKind> {
  containment_id: string;
  revoked: KeyOfKind[K] | null;
  replacement: KeyOfKind[K];
  sealed: string | null;
  overlap_ends_at: string | null;
  incident_id: string | null;
  replayed: boolean;
}

/**
 * Stops keys and gives their owners others. Whatever is done about a key of the registry is done in one transaction, audit entries included;
 * about a key of the key platform, it is written down in one and done step by step after it.
 */
@Injectable()
export class Containments {
  constructor(
    private readonly database: Database, private readonly succession: Succession, private readonly incidents: Incidents,
    private readonly auditTrail: AuditTrail, private readonly overlaps: OverlapEnd, private readonly remote: RemoteContainments, private readonly clock: Clock,
  ) {}

  /** Replaces a key of a kind, once for each Idempotency-Key. What is shown once is in the first answer only. */
  async replace<K extends IssuedKind>(
    caller: Caller, kind: K, keyId: string, order: ContainmentOrder, idempotencyKey: string | undefined,
  ): Promise<ReplacementOf<K>> {
    const now = this.clock.date();
    const call: IdempotentCall | undefined = idempotencyKey === undefined ? undefined : { caller: caller.actor, key: idempotencyKey, request: ['replace', kind, keyId, order] };
    const outcome = await this.database.transaction().execute(async (transaction): Promise<ReplacementOf<K> | UnderWay & { again: boolean }> => {
      // Before the replay: an answer of yesterday is not for a caller whose workspaces are others today.
      const key = await lockById(transaction, keyId, caller.scope.ids);
      if (key?.kind !== kind) throw notFound(kindRules[kind].noun);
      const replayed = call && await claimIdempotencyKey<ReplacementOf<K> | UnderWay>(transaction, call, now);
      if (replayed !== undefined) return 'under_way' in replayed ? { ...replayed, again: true } : { ...replayed, replayed: true };
      const done = await this.contain(transaction, caller, key, order, now);
      if (done.at_platform) {
        if (call !== undefined) await keepAnswer(transaction, call, { under_way: done.containment_id });
        return { under_way: done.containment_id, again: false };
      }
      const answer = await this.answer<K>(transaction, done.containment_id, false, now);
      if (call !== undefined) await keepAnswer(transaction, call, answer);
      return { ...answer, ...done.shown };
    });
    if (!('under_way' in outcome)) return outcome;
    const { shown, settled } = await this.remote.run(caller, outcome.under_way, true);
    if (!settled) throw await this.remote.incomplete(outcome.under_way);
    return { ...await this.answer<K>(this.database, outcome.under_way, outcome.again, now), ...shown };
  }

  /**
   * Revokes a key for good, without a successor. Revoking it again changes nothing. Throws 502 `containment_incomplete` when a key platform keeps it
   * and has not confirmed it: then it is gone on with by itself.
   */
  async revoke(caller: Caller, kind: IssuedKind, keyId: string, reason: string | null): Promise<void> {
    const id = await this.database.transaction().execute(async (transaction) => {
      const key = await lockById(transaction, keyId, caller.scope.ids);
      if (key?.kind !== kind) throw notFound(kindRules[kind].noun);
      if (key.revoked_at !== null) return undefined;
      const containment = await this.stop(transaction, caller, key, { reason }, this.clock.date());
      return key.authority === 'remote' ? containment : undefined;
    });
    if (id === undefined) return;
    const { settled } = await this.remote.run(caller, id, false);
    // What else was ordered about it, such as a successor, may have to wait for somebody.
    if (!settled && (await found(this.database, keyId)).revoked_at === null) throw await this.remote.incomplete(id);
  }

  /**
   * Revokes a key that the transaction has locked and that lives, whatever was ordered about it before: an overlap ends with it, and a successor
   * lives. One of a key platform is revoked there after the transaction. The id of the containment.
   */
  async stop(transaction: Executor, actor: Actor, key: CredentialRecord, { reason, incident_id }: Reasons, now: Date): Promise<string> {
    const cutShort = await this.overlaps.cutShort(transaction, actor, key.key_id, reason, incident_id === undefined ? {} : { incident_id });
    if (cutShort === undefined) return (await this.contain(transaction, actor, key, { action: 'revoke', reason, incident_id, hand_over: 'response' }, now)).containment_id;
    if (incident_id !== undefined) {
      const why = reason === null ? '' : `: ${reason}`;
      await this.incidents.recordContainment(transaction, actor, incident_id, key.workspace_id, `${key.name} (${key.key_id}) was revoked and ${cutShort} completed${why}`);
    }
    return cutShort;
  }

  /** What came of a replacement, without what is shown once. */
  private async answer<K extends IssuedKind>(executor: Executor, id: string, replayed: boolean, now: Date): Promise<ReplacementOf<K>> {
    const row = await findContainment(executor, id, null);
    if (row?.successor_id == null) throw new Error(`the containment ${id} has lost its successor`);
    const present = async (keyId: string) => presentKey<K>(await found(executor, keyId) as CredentialRecord & { kind: K }, now);
    return {
      containment_id: id, revoked: row.state === 'contained' ? await present(row.key_id) : null, replacement: await present(row.successor_id),
      ...Object.fromEntries(kindRules[row.kind].once.map((member) => [member, null])), sealed: row.sealed,
      overlap_ends_at: row.overlap_ends_at?.toISOString() ?? null, incident_id: row.incident_id, replayed,
    };
  }

  /**
   * Does what was ordered about a key that the transaction has locked. Throws 409 `key_revoked` and `containment_under_way`, both with the
   * containment's id; 409 `owner_left` where nobody could take the new key; 409 `owner_without_public_key` and 400 `nothing_to_seal`.
   */
  async contain(transaction: Executor, actor: Actor, key: CredentialRecord, order: ContainmentOrder, now: Date): Promise<Contained> {
    await this.assertFree(transaction, actor, key);
    if (key.authority === 'remote') {
      const started = await this.remote.start(transaction, actor, key, order, now);
      return { containment_id: started, successor_id: null, shown: {}, sealed: null, overlap_ends_at: null, at_platform: true };
    }
    const containment_id = newId('con');
    const reasons = { reason: order.reason, incident_id: order.incident_id };
    const issued = order.action === 'revoke' ? undefined : await this.issue(transaction, actor, key, order, now);
    const overlap = order.action === 'revoke' ? undefined : order.overlap;
    const overlap_ends_at = overlap === undefined ? null : new Date(now.getTime() + overlap.seconds * 1_000);
    if (overlap === undefined) await this.succession.retire(transaction, actor, key, reasons, issued?.successor_id ?? null, now);
    await insertContainment(transaction, {
      containment_id, action: order.action, state: overlap === undefined ? 'contained' : 'overlap', key_id: key.key_id, successor_id: issued?.successor_id ?? null,
      workspace_id: key.workspace_id, incident_id: order.incident_id ?? null, bulk_id: order.bulk_id ?? null, reason: order.reason,
      hand_over: issued === undefined || kindRules[key.kind].once.length === 0 ? 'none' : order.hand_over, sealed: issued?.sealed ?? null,
      started_at: now, started_by: actor.actor, overlap_seconds: overlap?.seconds ?? null, overlap_ends_at, on_overlap_end: overlap?.on_overlap_end ?? null,
      complete_when_safe: overlap?.complete_when_safe ?? false,
      ...(overlap === undefined ? { revoked_at: now, ended_at: now, ended_by: actor.actor } : { ended_by: null }),
    });
    await this.auditTrail.record(transaction, actor, {
      action: 'containment.started', object_type: 'containment', object_id: containment_id, workspace_id: key.workspace_id,
      ...(order.reason !== null && { reason: order.reason }),
      detail: {
        action: order.action, key_id: key.key_id, successor_id: issued?.successor_id ?? null, hand_over: order.hand_over,
        overlap_ends_at: overlap_ends_at?.toISOString() ?? null, ...(order.incident_id && { incident_id: order.incident_id }), ...(order.bulk_id && { bulk_id: order.bulk_id }),
      },
    });
    if (order.incident_id !== undefined) await this.tellIncident(transaction, actor, order.incident_id, key, order, issued?.successor_id, overlap_ends_at);
    return { containment_id, successor_id: issued?.successor_id ?? null, shown: issued?.shown ?? {}, sealed: issued?.sealed ?? null, overlap_ends_at, at_platform: false };
  }

  /** Who comes second is told who was first, and where to look. */
  private async assertFree(transaction: Executor, actor: Actor, key: CredentialRecord): Promise<void> {
    const first = await this.standing(transaction, actor, key);
    if (first?.state === 'in_progress' || first?.state === 'stuck') {
      throw new AppError({
        code: 'containment_under_way', status: 409, members: { containment_id: first.containment_id, started_by: first.started_by, replaced_by: key.replaced_by },
        message: `It is being contained at the key platform already. GET /v1/containments/${first.containment_id} says how far that is.`,
      });
    }
    const members = { containment_id: first?.containment_id ?? null, started_by: first?.started_by ?? key.revoked_by, replaced_by: key.replaced_by };
    if (key.revoked_at !== null) {
      throw new AppError({
        code: 'key_revoked', status: 409, members,
        message: key.replaced_by === null ? 'The key is revoked already.' : `The key is revoked already; ${key.replaced_by} replaced it.`,
      });
    }
    if (first !== undefined) {
      throw new AppError({
        code: 'containment_under_way', status: 409, members,
        message: `The key has a successor already and both live. To revoke the old one now, complete ${first.containment_id} by force.`,
      });
    }
  }

  /** The containment that a key has. One that the key platform undid by reviving the key has no say any more. */
  private async standing(transaction: Executor, actor: Actor, key: CredentialRecord) {
    const last = await containmentOfKey(transaction, key.key_id);
    if (last?.state !== 'contained' || key.revoked_at !== null) return last;
    await changeContainment(transaction, last.containment_id, { state: 'cancelled', revoked_at: null });
    await this.auditTrail.record(transaction, actor, {
      action: 'containment.undone', object_type: 'containment', object_id: last.containment_id, workspace_id: key.workspace_id,
      detail: { key_id: key.key_id, found: 'the key platform says that the key lives again' },
    });
    return undefined;
  }

  private async issue(transaction: Executor, actor: Actor, key: CredentialRecord, order: ContainmentOrder, now: Date) {
    const owner = await ownerFacts(transaction, key.owner_id);
    assertCanBeHandedOver(order, key, owner);
    const { successor, shown } = await this.succession.issue(transaction, actor, key, { reason: order.reason }, now);
    if (order.hand_over === 'response') return { successor_id: successor, shown, sealed: null };
    return { successor_id: successor, shown: {}, sealed: await sealFor(owner.public_key!, successor, shown) };
  }

  private async tellIncident(
    transaction: Executor, actor: Actor, incidentId: string, key: CredentialRecord, order: ContainmentOrder, successor: string | undefined, ends: Date | null,
  ): Promise<void> {
    const done = successor === undefined ? 'was revoked' : ends === null ? `was revoked and replaced by ${successor}` : `gets ${successor} as its successor, and is revoked at ${ends.toISOString()}`;
    const why = order.reason === null ? '' : `: ${order.reason}`;
    await this.incidents.recordContainment(transaction, actor, incidentId, key.workspace_id, `${key.name} (${key.key_id}) ${done}${why}`);
  }
}

async function found(executor: Executor, keyId: string): Promise<CredentialRecord> {
  const key = await findById(executor, keyId, null);
  if (key === undefined) throw new Error('a key was gone in the transaction that locked it');
  return key;
}
