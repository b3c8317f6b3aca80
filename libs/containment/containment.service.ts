import { Injectable } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import type { ContainmentAction, HandOver, IssuedKind, OnOverlapEnd } from '@keytrail/contracts';
import { Succession, findById, kindRules, lockById, presentKey, type CredentialRecord, type KeyOfKind } from '@keytrail/credentials';
import { Incidents } from '@keytrail/incidents';
import { AppError, Clock, badRequest, conflict, newId, notFound, type Actor, type Caller } from '@keytrail/platform';
import { Database, claimIdempotencyKey, keepAnswer, type Executor, type IdempotentCall } from '@keytrail/postgres';
import { containmentOfKey, insertContainment, ownerFacts } from './containment.store.js';
import { sealFor } from './seal.js';

/** What is to be done about a key. */
export interface ContainmentOrder {
  action: ContainmentAction;
  reason: string | null;
  incident_id?: string | undefined;
  hand_over: HandOver;
  /** Absent: the old key dies at once. */
  overlap?: { seconds: number; on_overlap_end: OnOverlapEnd; complete_when_safe: boolean } | undefined;
  bulk_id?: string | undefined;
}

/** What was done. */
export interface Contained {
  containment_id: string;
  /** Null after a plain revocation. */
  successor_id: string | null;
  /** Members that are shown once; empty when they were sealed. */
  shown: Readonly<Record<string, string>>;
  sealed: string | null;
  overlap_ends_at: Date | null;
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

/** Stops keys and gives their owners others. Whatever is done about a key is done in one transaction, audit entries included. */
@Injectable()
export class Containments {
  constructor(
    private readonly database: Database, private readonly succession: Succession, private readonly incidents: Incidents,
    private readonly auditTrail: AuditTrail, private readonly clock: Clock,
  ) {}

  /** Replaces a key of a kind, once for each Idempotency-Key. What is shown once is in the first answer only. */
  async replace<K extends IssuedKind>(
    caller: Caller, kind: K, keyId: string, order: ContainmentOrder, idempotencyKey: string | undefined,
  ): Promise<ReplacementOf<K>> {
    const now = this.clock.date();
    const call: IdempotentCall | undefined = idempotencyKey === undefined ? undefined : { caller: caller.actor, key: idempotencyKey, request: ['replace', kind, keyId, order] };
    return this.database.transaction().execute(async (transaction) => {
      // Before the replay: an answer of yesterday is not for a caller whose workspaces are others today.
      const key = await lockById(transaction, keyId, caller.scope.ids);
      if (key?.kind !== kind) throw notFound(kindRules[kind].noun);
      const replayed = call && await claimIdempotencyKey<ReplacementOf<K>>(transaction, call, now);
      if (replayed !== undefined) return { ...replayed, replayed: true };
      const done = await this.contain(transaction, caller, key, order, now);
      const present = async (id: string) => presentKey<K>(await found(transaction, id) as CredentialRecord & { kind: K }, now);
      const answer: ReplacementOf<K> = {
        containment_id: done.containment_id, revoked: done.overlap_ends_at === null ? await present(keyId) : null,
        replacement: await present(done.successor_id!), ...Object.fromEntries(kindRules[kind].once.map((member) => [member, null])),
        sealed: done.sealed, overlap_ends_at: done.overlap_ends_at?.toISOString() ?? null, incident_id: order.incident_id ?? null, replayed: false,
      };
      if (call !== undefined) await keepAnswer(transaction, call, answer);
      return { ...answer, ...done.shown };
    });
  }

  /**
   * Does what was ordered about a key that the transaction has locked. Throws 409 `key_revoked` and `containment_under_way`, both with the
   * containment's id; 409 `owner_left` where nobody could take the new key; 409 `owner_without_public_key` and 400 `nothing_to_seal`.
   */
  async contain(transaction: Executor, actor: Actor, key: CredentialRecord, order: ContainmentOrder, now: Date): Promise<Contained> {
    await this.assertFree(transaction, key);
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
    return { containment_id, successor_id: issued?.successor_id ?? null, shown: issued?.shown ?? {}, sealed: issued?.sealed ?? null, overlap_ends_at };
  }

  /** Who comes second is told who was first, and where to look. */
  private async assertFree(transaction: Executor, key: CredentialRecord): Promise<void> {
    const first = await containmentOfKey(transaction, key.key_id);
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

  private async issue(transaction: Executor, actor: Actor, key: CredentialRecord, order: ContainmentOrder, now: Date) {
    const owner = await ownerFacts(transaction, key.owner_id);
    // A leaked key must die though nobody is there to take the next one; a planned rotation can wait for an owner.
    if (owner.status === 'left' && (order.action === 'rotate' || order.hand_over === 'sealed')) {
      throw conflict('owner_left', 'The owner of the key has left. Give the key another owner first, or revoke it.');
    }
    if (order.hand_over === 'sealed') {
      if (kindRules[key.kind].once.length === 0) throw badRequest('nothing_to_seal', `A ${kindRules[key.kind].noun} has no secret to hand over.`);
      if (owner.public_key === null) {
        throw conflict('owner_without_public_key', 'The owner has no public key to seal the new secret to. Register one, or take the hand-over `response`.');
      }
    }
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

async function found(transaction: Executor, keyId: string): Promise<CredentialRecord> {
  const key = await findById(transaction, keyId, null);
  if (key === undefined) throw new Error('a key was gone in the transaction that locked it');
  return key;
}
