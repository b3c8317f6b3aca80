import { Injectable } from '@nestjs/common';
import { Clock, systemActor } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { findContainment, overlapsUnderWay, type ContainmentRecord } from './containment.store.js';
import { OverlapEnd } from './overlap-end.service.js';
import { OverlapEvidenceService } from './overlap-evidence.service.js';
import { needsEvidence, nextStep, type OverlapOrder } from './overlap.js';

/** Does what was ordered for the time that both keys live and for its end. */
@Injectable()
export class Overlaps {
  constructor(
    private readonly database: Database, private readonly evidence: OverlapEvidenceService, private readonly end: OverlapEnd, private readonly clock: Clock,
  ) {}

  /** Looks after each overlap in a transaction of its own: one that fails keeps no other waiting. Returns those that failed. */
  async lookAfterAll(isStopping: () => boolean = () => false): Promise<{ id: string; error: unknown }[]> {
    const failed: { id: string; error: unknown }[] = [];
    for (const id of await overlapsUnderWay(this.database)) {
      if (isStopping()) break;
      await this.lookAfter(id).catch((error: unknown) => failed.push({ id, error }));
    }
    return failed;
  }

  private async lookAfter(id: string): Promise<void> {
    const row = await findContainment(this.database, id, null);
    if (row?.state !== 'overlap' || row.overlap_ends_at === null) return;
    if (row.old_revoked_at !== null) return this.end.revokeOld(systemActor, row, row.reason, { found: 'the old key was revoked by itself' });
    await this.step(row, row.overlap_ends_at);
  }

  private async step(row: ContainmentRecord, ends: Date): Promise<void> {
    const order: OverlapOrder = {
      unconditional: row.action === 'revoke_and_replace', ends_at: ends.getTime(), on_overlap_end: row.on_overlap_end ?? 'keep-and-warn',
      complete_when_safe: row.complete_when_safe, extensions: row.extensions, warned: row.warned_at !== null,
    };
    const judged = needsEvidence(order, this.clock.now()) ? await this.evidence.judge(row) : undefined;
    const step = nextStep(order, judged, this.clock.now());
    if (step === 'complete') await this.end.revokeOld(systemActor, row, row.reason, { ...(judged && { safe_to_revoke: judged.safe_to_revoke, reasons: judged.reasons }) });
    if (step === 'extend') await this.end.extend(systemActor, row);
    if (step === 'warn') await this.end.warn(systemActor, row, judged?.reasons);
  }
}
