import { Injectable } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import type { RemoteKey } from '@keytrail/contracts';
import { PlatformFailure, RemoteMirror, filledIn, lockById, type CredentialRecord, type KeyPlatform } from '@keytrail/credentials';
import { Incidents } from '@keytrail/incidents';
import { Clock, conflict, type Actor } from '@keytrail/platform';
import { Database, type Executor, type RemoteSuccessorPlan } from '@keytrail/postgres';
import { changeContainment, ownerFacts, type ContainmentRecord } from '../containment.store.js';
import { sealFor } from '../seal.js';
import { endOf, type SagaStep } from './saga.js';
import { changeSaga, type SagaRecord } from './saga.store.js';

/** A containment that this process works on, for as long as it says so in time. */
export interface Held {
  id: string;
  holder: string;
  holdMs: number;
  actor: Actor;
}

type Shown = Readonly<Record<string, string>>;

/** The steps of a containment at the key platform: each is written down as attempted, asked for, and written down as done together with its mirror and its audit entry. */
@Injectable()
export class SagaSteps {
  constructor(
    private readonly database: Database, private readonly mirror: RemoteMirror, private readonly auditTrail: AuditTrail, private readonly incidents: Incidents, private readonly clock: Clock,
  ) {}

  /** Returns what is shown once of a new key. Throws `PlatformFailure`, and 409 `containment_under_way` when somebody else works on it by now. */
  async take(held: Held, step: SagaStep, row: ContainmentRecord, saga: SagaRecord, platform: KeyPlatform): Promise<Shown> {
    switch (step) {
      case 'revoke_old_key': return this.revokeOld(held, row, platform);
      case 'revoke_successor': return this.revokeSuccessor(held, row, platform);
      case 'issue_successor': return this.issue(held, row, saga, platform);
      case 'look_for_successor': return this.look(held, row, saga, platform);
    }
  }

  /** Ends a containment of which no step is left. */
  async finish(held: Held, row: ContainmentRecord, saga: SagaRecord): Promise<void> {
    const now = this.clock.date();
    const state = endOf({ revoke: saga.revoke_state, withdraw: saga.withdraw_state });
    await this.change(held, row, { attempts: 0, last_error: null, next_attempt_at: null }, async (transaction, key) => {
      // Both keys live for as long as was asked for; a grace runs from the order.
      const overlap = row.action === 'rotate' && saga.create_at !== null && row.overlap_seconds !== null ? { overlap_ends_at: new Date(saga.create_at.getTime() + row.overlap_seconds * 1_000) } : {};
      await changeContainment(transaction, held.id, state === 'overlap' ? { state, ...overlap }
        : { state, ended_at: now, ended_by: held.actor.actor, ...(state === 'contained' && { revoked_at: key.revoked_at ?? saga.revoke_at ?? now }) });
      await this.auditTrail.record(transaction, held.actor, {
        action: state === 'overlap' ? 'containment.overlap_began' : state === 'cancelled' ? 'containment.cancelled' : 'containment.completed', object_type: 'containment', object_id: held.id,
        workspace_id: row.workspace_id, ...(row.reason !== null && { reason: row.reason }), detail: { authority: 'remote', key_id: row.key_id, successor_id: row.successor_id, secret: saga.secret },
      });
      if (row.incident_id !== null && state !== 'cancelled') await this.tellIncident(transaction, held, row, state);
    });
  }

  private async revokeOld(held: Held, row: ContainmentRecord, platform: KeyPlatform): Promise<Shown> {
    // Where the platform said already that it is dead, nothing is left to ask for.
    if (row.old_revoked_at === null) {
      await this.renew(held, { revoke_state: 'attempted', revoke_at: this.clock.date() });
      await platform.revoke(row.key_id);
    }
    await this.change(held, row, { ...succeeded, revoke_state: 'done', ...(row.old_revoked_at && { revoke_at: row.old_revoked_at }) }, async (transaction, key) => {
      if (key.revoked_at !== null && row.old_revoked_at !== null) return;
      await this.mirror.retire(transaction, key, {
        actor: held.actor, reason: row.reason, at: this.clock.date(), replaced_by: row.successor_id, detail: { containment_id: held.id, ...(row.incident_id && { incident_id: row.incident_id }) },
      });
    });
    return {};
  }

  private async revokeSuccessor(held: Held, row: ContainmentRecord, platform: KeyPlatform): Promise<Shown> {
    if (row.successor_revoked_at === null) {
      await this.renew(held, { withdraw_state: 'attempted', withdraw_at: this.clock.date() });
      await platform.revoke(row.successor_id!);
    }
    await this.change(held, row, { ...succeeded, withdraw_state: 'done' }, async (transaction) => {
      const successor = await lockById(transaction, row.successor_id!, null);
      if (successor === undefined || row.successor_revoked_at !== null) return;
      await this.mirror.retire(transaction, successor, { actor: held.actor, reason: 'the rotation was cancelled', at: this.clock.date(), detail: { containment_id: held.id } });
    });
    return {};
  }

  private async issue(held: Held, row: ContainmentRecord, saga: SagaRecord, platform: KeyPlatform): Promise<Shown> {
    const now = this.clock.date();
    const { timeoutMs, settleMs } = platform.settings;
    await this.renew(held, { create_state: 'attempted', create_at: now, settles_at: new Date(now.getTime() + timeoutMs + settleMs) });
    return this.adopt(held, row, saga, await platform.create(planOf(saga), `keytrail-${held.id}`));
  }

  private async look(held: Held, row: ContainmentRecord, saga: SagaRecord, platform: KeyPlatform): Promise<Shown> {
    await this.renew(held, {});
    const found = await platform.lookFor(held.id, planOf(saga).name);
    if (found !== undefined) return this.adopt(held, row, saga, found);
    await this.renew(held, { create_state: 'pending', settles_at: null });
    return {};
  }

  /** Takes what the platform made as the successor. A secret that did not come with it is lost. */
  private async adopt(held: Held, row: ContainmentRecord, saga: SagaRecord, made: RemoteKey): Promise<Shown> {
    const { secret } = made;
    const asked = planOf(saga);
    const expires_at = asked.expires_at === undefined ? null : new Date(asked.expires_at);
    const owner = await ownerFacts(this.database, row.owner_id);
    const sealed = row.hand_over === 'sealed' && secret !== undefined && owner.public_key !== null ? await sealFor(owner.public_key, made.id, { secret }) : null;
    const kept = secret === undefined || (row.hand_over === 'sealed' && sealed === null) ? 'lost' : row.hand_over === 'sealed' ? 'sealed' : 'shown';
    await this.change(held, row, { ...succeeded, create_state: 'done', settles_at: null, secret: kept }, async (transaction, key) => {
      await this.assertNew(transaction, made.id, row.key_id);
      const written = { actor: held.actor, reason: row.reason, replaces: row.key_id };
      await this.mirror.write(transaction, filledIn(made, { ...asked, owner: { name: asked.owner }, expires_at }), written);
      await changeContainment(transaction, held.id, { successor_id: made.id, sealed });
      if (key.revoked_at !== null) await transaction.updateTable('credentials').set({ replaced_by: made.id }).where('key_id', '=', key.key_id).execute();
    });
    return kept === 'shown' && secret !== undefined ? { secret } : {};
  }

  /** A successor is a key of its own: a platform that hands out one that was there before has not made any. */
  private async assertNew(transaction: Executor, id: string, oldId: string): Promise<void> {
    const known = await lockById(transaction, id, null);
    if (id !== oldId && (known === undefined || (known.authority === 'remote' && (known.replaces === null || known.replaces === oldId)))) return;
    throw new PlatformFailure('answer_not_understood', 'unknown', true);
  }

  private async tellIncident(transaction: Executor, held: Held, row: ContainmentRecord, state: 'contained' | 'overlap'): Promise<void> {
    const done = row.successor_id === null ? 'was revoked' : state === 'contained' ? `was revoked and replaced by ${row.successor_id}` : `gets ${row.successor_id} as its successor`;
    const why = row.reason === null ? '' : `: ${row.reason}`;
    await this.incidents.recordContainment(transaction, held.actor, row.incident_id!, row.workspace_id, `${row.name} (${row.key_id}), kept by the key platform, ${done}${why}`);
  }

  /** Writes down what is about to be asked for, and that it is still this process that asks. */
  private async renew(held: Held, change: Parameters<typeof changeSaga>[4]): Promise<void> {
    if (!await changeSaga(this.database, held.id, held.holder, held.holdMs, change)) throw lost();
  }

  /** Writes down what was done, with what comes of it, under the lock of the old key. */
  private async change(held: Held, row: ContainmentRecord, change: Parameters<typeof changeSaga>[4], also: (transaction: Executor, key: CredentialRecord) => Promise<void>): Promise<void> {
    await this.database.transaction().execute(async (transaction) => {
      const key = await lockById(transaction, row.key_id, null);
      if (key === undefined || !await changeSaga(transaction, held.id, held.holder, held.holdMs, change)) throw lost();
      await also(transaction, key);
    });
  }
}

function planOf({ plan, containment_id }: SagaRecord): RemoteSuccessorPlan {
  if (plan === null) throw new Error(`the containment ${containment_id} asks for no successor`);
  return plan;
}

const succeeded = { attempts: 0, last_error: null };
const lost = () => conflict('containment_under_way', 'Somebody else works on this containment by now.');
