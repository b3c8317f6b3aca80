import { Injectable, Optional } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import { KeyPlatform, PlatformFailure, kindRules, lockById, planReplacement, policyFor, type CredentialRecord } from '@keytrail/credentials';
import { AppError, Clock, conflict, newId, notFound, type Actor } from '@keytrail/platform';
import { Database, type Executor, type RemoteSuccessorPlan } from '@keytrail/postgres';
import { changeContainment, findContainment, insertContainment, lockContainment, ownerFacts, type ContainmentRecord } from '../containment.store.js';
import type { ContainmentOrder } from '../containment-order.js';
import { assertCanBeHandedOver } from '../hand-over.js';
import { isUntouched, nextMove, pauseAfter, type SagaFacts, type SagaStep } from './saga.js';
import { changeSaga, dueSagas, findSaga, holdSaga, hurrySaga, incidentExists, insertSaga, releaseSaga, redirectSaga, type SagaRecord } from './saga.store.js';
import { SagaSteps, type Held } from './saga-steps.service.js';
import { successorName } from './successor-name.js';
import { remoteStepsOf } from './remote-steps.js';

/** Every move brings a containment further; more than these would be a circle. */
const MOST_MOVES = 12;
/** A step makes three calls at most of what is repeated thrice, and then some. */
const CALLS_IN_A_STEP = 12;
const LEAST_HOLD_MS = 2_000;

/** How far it came. */
export interface SagaRun {
  /** Of a new key, to be shown once. */
  shown: Readonly<Record<string, string>>;
  /** Nothing is left to do at the platform. */
  settled: boolean;
}

/**
 * Containments of keys that a key platform keeps. No transaction reaches there, so each step is written down before it is asked for and
 * after it is known to be done, and whoever goes on does what that says. One at a time works on a containment.
 */
@Injectable()
export class RemoteContainments {
  constructor(
    private readonly database: Database, private readonly steps: SagaSteps, private readonly auditTrail: AuditTrail, private readonly clock: Clock,
    @Optional() private readonly platform?: KeyPlatform,
  ) {}

  /** Writes down what is to be done about a key that the transaction has locked. Nothing is asked of the platform yet. */
  async start(transaction: Executor, actor: Actor, key: CredentialRecord, order: ContainmentOrder, now: Date): Promise<string> {
    const containment_id = newId('con');
    const hasSecret = kindRules[key.kind].once.length > 0;
    if (order.incident_id !== undefined && !await incidentExists(transaction, order.incident_id, key.workspace_id)) throw notFound('incident');
    const plan = order.action === 'revoke' ? null : await this.planOf(transaction, key, order, containment_id, now);
    const overlap = order.action === 'revoke' ? undefined : order.overlap;
    const overlap_ends_at = overlap === undefined ? null : new Date(now.getTime() + overlap.seconds * 1_000);
    await insertContainment(transaction, {
      containment_id, action: order.action, state: 'in_progress', key_id: key.key_id, successor_id: null, workspace_id: key.workspace_id,
      incident_id: order.incident_id ?? null, bulk_id: order.bulk_id ?? null, reason: order.reason, hand_over: plan === null || !hasSecret ? 'none' : order.hand_over,
      sealed: null, started_at: now, started_by: actor.actor, overlap_seconds: overlap?.seconds ?? null, overlap_ends_at, on_overlap_end: overlap?.on_overlap_end ?? null,
      complete_when_safe: overlap?.complete_when_safe ?? false, ended_by: null,
    });
    const goal = plan === null ? 'revoke' : overlap === undefined ? 'replace' : 'overlap';
    await insertSaga(transaction, { containment_id, goal, plan, hasSecret, now });
    await this.auditTrail.record(transaction, actor, {
      action: 'containment.started', object_type: 'containment', object_id: containment_id, workspace_id: key.workspace_id, ...(order.reason !== null && { reason: order.reason }),
      detail: {
        action: order.action, authority: 'remote', key_id: key.key_id, hand_over: order.hand_over, overlap_ends_at: overlap_ends_at?.toISOString() ?? null,
        ...(plan && { successor_name: plan.name }), ...(order.incident_id && { incident_id: order.incident_id }), ...(order.bulk_id && { bulk_id: order.bulk_id }),
      },
    });
    return containment_id;
  }

  /** Gives an overlap whose containment the transaction has locked its end, which is still to be done at the platform. */
  async redirect(transaction: Executor, actor: Actor, row: ContainmentRecord, goal: 'complete' | 'cancel', reason: string | null): Promise<void> {
    await changeContainment(transaction, row.containment_id, { state: 'in_progress' });
    await redirectSaga(transaction, row.containment_id, goal, this.clock.date());
    await this.record(transaction, actor, row, goal === 'complete' ? 'containment.completion_started' : 'containment.cancellation_started', reason);
  }

  /** Has the old key of a containment that is under way revoked before anything else, whatever was ordered: it leaked. */
  async hurry(transaction: Executor, id: string): Promise<void> {
    await hurrySaga(transaction, id, this.clock.date());
  }

  /** Gives up a containment of which the platform has done nothing, for certain. Throws 409 `containment_under_way` otherwise. */
  async giveUp(transaction: Executor, actor: Actor, row: ContainmentRecord, reason: string | null): Promise<void> {
    const saga = await findSaga(transaction, row.containment_id);
    const isHeld = saga?.held_until != null && saga.held_until > this.clock.date();
    if (saga === undefined || isHeld || !isUntouched(factsOf(row, saga))) {
      throw conflict('containment_under_way', 'The key platform has done a part of it, or may have. Go on with POST …/resume.');
    }
    await changeContainment(transaction, row.containment_id, { state: 'cancelled', ended_at: this.clock.date(), ended_by: actor.actor });
    await this.record(transaction, actor, row, 'containment.cancelled', reason);
  }

  /**
   * Goes on with a containment as far as it can. `attended`: somebody is there to be shown a secret. A failure of the platform is written
   * down and not thrown. Throws 409 `containment_under_way` while somebody else works on it.
   */
  async run(actor: Actor, id: string, attended: boolean): Promise<SagaRun> {
    const holder = newId('run');
    const row = await this.hold(id, holder);
    if (row === undefined) return { shown: {}, settled: true };
    const held: Held = { id, holder, holdMs: this.holdMs(), actor };
    let shown: Readonly<Record<string, string>> = {};
    try {
      for (let moves = 0; moves < MOST_MOVES; moves += 1) {
        const { row: now, saga } = await this.read(id);
        const move = nextMove(factsOf(now, saga), attended, this.clock.now());
        if (move.do === 'finish') {
          await this.steps.finish(held, now, saga);
          return { shown, settled: true };
        }
        if (move.do === 'wait') {
          await this.rest(held, move.for === 'settling' ? new Date(move.until) : null);
          return { shown, settled: false };
        }
        try {
          shown = { ...shown, ...await this.steps.take(held, move.do, now, saga, this.required()) };
        } catch (error) {
          if (!(error instanceof AppError) || error.code === 'containment_under_way') throw error;
          await this.note(held, move.do, saga, error);
          return { shown, settled: false };
        }
      }
      throw new Error(`the containment ${id} goes round in circles`);
    } finally {
      await releaseSaga(this.database, id, holder).catch(() => undefined);
    }
  }

  /** Goes on with a containment because somebody says so. */
  async resume(actor: Actor, id: string, reason: string | null): Promise<SagaRun> {
    await this.database.transaction().execute(async (transaction) => {
      const row = await findContainment(transaction, id, null);
      if (row !== undefined && isUnderWay(row)) await this.record(transaction, actor, row, 'containment.resumed', reason);
    });
    return this.run(actor, id, true);
  }

  /** Goes on with all that are due. Returns those that failed otherwise than by the platform. */
  async runDue(actor: Actor, isStopping: () => boolean = () => false): Promise<{ id: string; error: unknown }[]> {
    const failed: { id: string; error: unknown }[] = [];
    for (const id of await dueSagas(this.database, this.clock.date())) {
      if (isStopping()) break;
      await this.run(actor, id, false).catch((error: unknown) => {
        if (!(error instanceof AppError && error.code === 'containment_under_way')) failed.push({ id, error });
      });
    }
    return failed;
  }

  /** What a caller is told whose order is not done to its end. */
  async incomplete(id: string): Promise<AppError> {
    const { row, saga } = await this.read(id);
    return new AppError({
      code: 'containment_incomplete', status: 502, members: { containment_id: id, state: row.state, steps: remoteStepsOf(row, saga), last_error: saga.last_error },
      message: `The key platform has not done all of it. GET /v1/containments/${id} says what is done; go on with POST /v1/containments/${id}/resume.`,
    });
  }

  /** Takes a containment that is under way; undefined when it is at its end. */
  private async hold(id: string, holder: string): Promise<ContainmentRecord | undefined> {
    const seen = await findContainment(this.database, id, null);
    if (seen === undefined || !isUnderWay(seen)) return undefined;
    return this.database.transaction().execute(async (transaction) => {
      await lockById(transaction, seen.key_id, null);
      if (!await holdSaga(transaction, id, holder, this.holdMs(), this.clock.date())) {
        throw new AppError({ code: 'containment_under_way', status: 409, retryAfter: 5, message: 'Somebody is working on this containment now.', members: { containment_id: id, started_by: seen.started_by } });
      }
      const row = await lockContainment(transaction, id);
      if (row !== undefined && isUnderWay(row)) {
        await changeContainment(transaction, id, { state: 'in_progress' });
        return row;
      }
      await releaseSaga(transaction, id, holder);
      return undefined;
    });
  }

  private async read(id: string): Promise<{ row: ContainmentRecord; saga: SagaRecord }> {
    const [row, saga] = [await findContainment(this.database, id, null), await findSaga(this.database, id)];
    if (row === undefined || saga === undefined) throw new Error(`the containment ${id} has lost a part of its record`);
    return { row, saga };
  }

  /** The successor as the platform is asked for it, the same however often. */
  private async planOf(transaction: Executor, key: CredentialRecord, order: ContainmentOrder, containmentId: string, now: Date): Promise<RemoteSuccessorPlan> {
    const owner = await ownerFacts(transaction, key.owner_id);
    assertCanBeHandedOver(order, key, owner);
    const { expires_at, scopes, service } = planReplacement(key, await policyFor(transaction, key.workspace_id), now);
    return {
      name: successorName(key.name, containmentId), owner: owner.name, workspace: key.workspace_id ?? '', environment: key.environment, service, scopes,
      ...(expires_at !== null && { expires_at: expires_at.toISOString() }), metadata: { keytrail: containmentId, keytrail_replaces: key.key_id },
    };
  }

  private async rest(held: Held, until: Date | null): Promise<void> {
    await this.database.transaction().execute(async (transaction) => {
      await changeSaga(transaction, held.id, held.holder, held.holdMs, { next_attempt_at: until });
      await changeContainment(transaction, held.id, { state: 'stuck' });
    });
  }

  private async note(held: Held, step: SagaStep, saga: SagaRecord, error: AppError): Promise<void> {
    const now = this.clock.date();
    const attempts = saga.attempts + 1;
    const last_error = { step, code: error.code, message: error.message, at: now.toISOString() };
    await this.database.transaction().execute(async (transaction) => {
      const changed = await changeSaga(transaction, held.id, held.holder, held.holdMs, {
        attempts, next_attempt_at: new Date(now.getTime() + pauseAfter(attempts)), last_error: JSON.stringify(last_error), ...afterFailure(step, error, saga),
      });
      if (!changed) return;
      await changeContainment(transaction, held.id, { state: 'stuck' });
      // Told once, not each time it is tried.
      if (saga.last_error?.code === last_error.code && saga.last_error.step === step) return;
      const row = await findContainment(transaction, held.id, null);
      if (row !== undefined) await this.record(transaction, held.actor, row, 'containment.stuck', null, last_error);
    });
  }

  private async record(transaction: Executor, actor: Actor, row: ContainmentRecord, action: string, reason: string | null, detail: object = {}): Promise<void> {
    await this.auditTrail.record(transaction, actor, {
      action, object_type: 'containment', object_id: row.containment_id, workspace_id: row.workspace_id, ...(reason !== null && { reason }),
      detail: { key_id: row.key_id, successor_id: row.successor_id, ...detail },
    });
  }

  private holdMs(): number {
    return Math.max(LEAST_HOLD_MS, CALLS_IN_A_STEP * (this.platform?.settings.timeoutMs ?? 0));
  }

  private required(): KeyPlatform {
    if (this.platform === undefined) throw new PlatformFailure('not_configured', 'none', false);
    return this.platform;
  }
}

/** What a failed step leaves: where nothing was done for certain, it was not attempted; where the platform is done with it, nothing is left to settle. */
function afterFailure(step: SagaStep, error: AppError, saga: SagaRecord): object {
  if (!(error instanceof PlatformFailure)) return {};
  const untouched = error.effect === 'none';
  if (step === 'issue_successor') return untouched ? { create_state: 'pending', settles_at: null } : error.answered ? { settles_at: null } : {};
  // An earlier try may have been heard all the same.
  if (step === 'revoke_old_key') return untouched && saga.revoke_state === 'pending' ? { revoke_state: 'pending' } : {};
  if (step === 'revoke_successor') return untouched && saga.withdraw_state === 'pending' ? { withdraw_state: 'pending' } : {};
  return {};
}

const isUnderWay = ({ state }: ContainmentRecord) => state === 'in_progress' || state === 'stuck';

function factsOf(row: ContainmentRecord, saga: SagaRecord): SagaFacts {
  return {
    goal: saga.goal, revoke: saga.revoke_state, create: saga.create_state, withdraw: saga.withdraw_state, hand_over: row.hand_over,
    settles_at: saga.settles_at?.getTime() ?? null, grace_ends_at: row.action === 'revoke_and_replace' ? row.overlap_ends_at?.getTime() ?? null : null,
  };
}
