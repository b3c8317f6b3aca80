import { Injectable } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import type { CancelContainment, CompleteContainment } from '@keytrail/contracts';
import { Succession, findById, lockById } from '@keytrail/credentials';
import { AppError, Clock, conflict, notFound, type Actor, type Caller } from '@keytrail/platform';
import { Database, type Executor } from '@keytrail/postgres';
import { changeContainment, containmentOfKey, findContainment, lockContainment, type ContainmentRecord } from './containment.store.js';
import { RemoteContainments } from './remote/remote-containment.service.js';
import { OverlapEvidenceService } from './overlap-evidence.service.js';

/** Ends overlaps: by completing them, which revokes the old key, or by cancelling them, which revokes the new one. */
@Injectable()
export class OverlapEnd {
  constructor(
    private readonly database: Database, private readonly succession: Succession, private readonly auditTrail: AuditTrail,
    private readonly evidence: OverlapEvidenceService, private readonly remote: RemoteContainments, private readonly clock: Clock,
  ) {}

  /** Revokes the old key. 409 `not_safe_to_revoke` with `reasons`, unless it is forced. Completing it again changes nothing. */
  async complete(caller: Caller, id: string, { reason, force }: CompleteContainment): Promise<void> {
    const row = await this.require(caller, id);
    if (row.state === 'contained') return;
    if (isUnderWay(row)) return this.goOn(caller, row.containment_id);
    if (row.state === 'overlap' && !force) {
      const { safe_to_revoke, reasons } = await this.evidence.judge(row);
      if (!safe_to_revoke) {
        throw new AppError({
          code: 'not_safe_to_revoke', status: 409, message: 'Not every caller has moved to the new key. `reasons` says who; `force` revokes the old key all the same.', members: { reasons },
        });
      }
    }
    await this.revokeOld(caller, row, reason ?? row.reason, { forced: force });
  }

  /** Revokes the old key of an overlap, for whoever decided so. Nothing changes where somebody was faster. */
  async revokeOld(actor: Actor, seen: ContainmentRecord, reason: string | null, detail: Record<string, unknown>): Promise<void> {
    const atPlatform = await this.change(seen, (transaction, row) => this.revokeOldOf(transaction, actor, row, reason, detail));
    if (atPlatform === true) await this.goOn(actor, seen.containment_id);
  }

  /**
   * Ends the overlap of a key that the transaction has locked, if one is under way: its old key dies now; one of the key platform when the
   * transaction is done. The id of the containment.
   */
  async cutShort(transaction: Executor, actor: Actor, keyId: string, reason: string | null, detail: Record<string, unknown>): Promise<string | undefined> {
    const open = await containmentOfKey(transaction, keyId);
    const row = open === undefined || open.state === 'contained' ? undefined : await lockContainment(transaction, open.containment_id);
    if (row === undefined) return undefined;
    if (isUnderWay(row)) {
      await this.remote.hurry(transaction, row.containment_id);
      return row.containment_id;
    }
    await this.revokeOldOf(transaction, actor, row, reason, detail);
    return row.containment_id;
  }

  /** Whether the rest is for the key platform to do. */
  private async revokeOldOf(transaction: Executor, actor: Actor, row: ContainmentRecord, reason: string | null, detail: Record<string, unknown>): Promise<boolean> {
    if (row.state === 'contained') return false;
    if (isUnderWay(row)) return true;
    if (row.state === 'cancelled') throw conflict('containment_cancelled', 'It was cancelled: the new key is revoked and the old one lives.');
    const now = this.clock.date();
    const key = (await findById(transaction, row.key_id, null))!;
    if (key.authority === 'remote' && key.revoked_at === null) {
      await this.remote.redirect(transaction, actor, row, 'complete', reason);
      return true;
    }
    const by = { ended_at: now, ended_by: actor.actor, state: 'contained' as const };
    // Somebody may have revoked the key alone: then that was the moment.
    if (key.revoked_at === null) await this.succession.retire(transaction, actor, key, { reason, incident_id: row.incident_id ?? undefined }, row.successor_id, now);
    await changeContainment(transaction, row.containment_id, { ...by, revoked_at: key.revoked_at ?? now });
    await this.record(transaction, actor, row, 'containment.completed', reason, detail);
    return false;
  }

  /** Revokes the new key; the old one lives on. Not after a completion: a revocation cannot be undone. Cancelling it again changes nothing. */
  async cancel(caller: Caller, id: string, { reason }: CancelContainment): Promise<void> {
    const now = this.clock.date();
    const atPlatform = await this.change(await this.require(caller, id), async (transaction, row) => {
      if (row.state === 'cancelled') return false;
      if (isUnderWay(row)) {
        await this.remote.giveUp(transaction, caller, row, reason ?? null);
        return false;
      }
      if (row.state === 'contained' || row.old_revoked_at !== null) throw conflict('containment_completed', 'The old key is revoked, and a revocation cannot be undone.');
      const successor = (await lockById(transaction, row.successor_id!, null))!;
      if (successor.authority === 'remote' && successor.revoked_at === null) {
        await this.remote.redirect(transaction, caller, row, 'cancel', reason ?? null);
        return true;
      }
      if (successor.revoked_at === null) await this.succession.retire(transaction, caller, successor, { reason: reason ?? 'the rotation was cancelled' }, null, now);
      await changeContainment(transaction, row.containment_id, { state: 'cancelled', ended_at: now, ended_by: caller.actor });
      await this.record(transaction, caller, row, 'containment.cancelled', reason ?? null, { successor_id: row.successor_id });
      return false;
    });
    if (atPlatform === true) await this.goOn(caller, id);
  }

  /** Lengthens an overlap by what was asked for in the beginning. */
  async extend(actor: Actor, seen: ContainmentRecord): Promise<void> {
    const now = this.clock.date();
    await this.change(seen, async (transaction, row) => {
      if (row.state !== 'overlap' || row.extensions !== seen.extensions || row.overlap_ends_at === null || row.overlap_ends_at > now) return;
      const overlap_ends_at = new Date(now.getTime() + (row.overlap_seconds ?? 0) * 1_000);
      await changeContainment(transaction, row.containment_id, { overlap_ends_at, extensions: row.extensions + 1 });
      await this.record(transaction, actor, row, 'containment.extended', null, { before: row.overlap_ends_at.toISOString(), after: overlap_ends_at.toISOString() });
    });
  }

  /** Notes that the end passed and callers have not moved: both keys live on until somebody decides. */
  async warn(actor: Actor, seen: ContainmentRecord, reasons: unknown): Promise<void> {
    await this.change(seen, async (transaction, row) => {
      if (row.state !== 'overlap' || row.warned_at !== null) return;
      await changeContainment(transaction, row.containment_id, { warned_at: this.clock.date() });
      await this.record(transaction, actor, row, 'containment.overlap_ended', null, { kept: row.key_id, reasons });
    });
  }

  private async require(caller: Caller, id: string): Promise<ContainmentRecord> {
    const row = await findContainment(this.database, id, caller.scope.ids);
    if (row === undefined) throw notFound('containment');
    return row;
  }

  /** Does at the key platform what is written down. Throws 502 `containment_incomplete` when it cannot be done now. */
  private async goOn(actor: Actor, id: string): Promise<void> {
    const { settled } = await this.remote.run(actor, id, false);
    if (!settled) throw await this.remote.incomplete(id);
  }

  /** Changes a containment under the locks of its key and of itself, in this order, as every other change of the key takes them. */
  private async change<T>(seen: ContainmentRecord, change: (transaction: Executor, row: ContainmentRecord) => Promise<T>): Promise<T | undefined> {
    return this.database.transaction().execute(async (transaction) => {
      await lockById(transaction, seen.key_id, null);
      const row = await lockContainment(transaction, seen.containment_id);
      return row === undefined ? undefined : change(transaction, row);
    });
  }

  private async record(
    transaction: Executor, actor: Actor, row: ContainmentRecord, action: string, reason: string | null, detail: Record<string, unknown>,
  ): Promise<void> {
    await this.auditTrail.record(transaction, actor, {
      action, object_type: 'containment', object_id: row.containment_id, workspace_id: row.workspace_id, ...(reason !== null && { reason }),
      detail: { key_id: row.key_id, successor_id: row.successor_id, ...detail },
    });
  }
}

/** Of keys of the key platform. */
const isUnderWay = ({ state }: ContainmentRecord) => state === 'in_progress' || state === 'stuck';
