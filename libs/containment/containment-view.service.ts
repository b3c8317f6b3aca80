import { Injectable } from '@nestjs/common';
import type { Containment, ContainmentPage, ContainmentQuery } from '@keytrail/contracts';
import { Clock, decodeCursor, encodeCursor, idPosition, notFound, type WorkspaceScope } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { CallerEvidenceStore } from './caller-evidence.store.js';
import { findContainment, listContainments, summaryOf, type ContainmentRecord } from './containment.store.js';
import { OverlapEvidenceService } from './overlap-evidence.service.js';
import { proofOf } from './proof.js';
import { recoveryOf } from './recovery.js';
import { remoteNextOf, remoteOf, remoteStepsOf } from './remote/remote-steps.js';
import { findSaga } from './remote/saga.store.js';
import { nextOf, stepsOf } from './steps.js';

type Evidence = Pick<Containment, 'evidence' | 'overlap' | 'proof' | 'recovery'>;
const none = { overlap: null, proof: null, recovery: null };

/** Containments as people see them: what was done, whether it took hold, and who has recovered. */
@Injectable()
export class ContainmentView {
  constructor(
    private readonly database: Database, private readonly overlapEvidence: OverlapEvidenceService, private readonly store: CallerEvidenceStore,
    private readonly clock: Clock,
  ) {}

  async list(scope: WorkspaceScope, { workspace, cursor, limit, ...filter }: ContainmentQuery): Promise<ContainmentPage> {
    const before = cursor === undefined ? undefined : decodeCursor(idPosition('con'), cursor);
    const rows = await listContainments(this.database, { ...filter, workspaces: scope.narrow(workspace), before, limit: limit + 1 });
    const shown = rows.slice(0, limit);
    return { data: shown.map(summaryOf), next_cursor: rows.length > limit ? encodeCursor(shown.at(-1)?.containment_id) : null };
  }

  async get(scope: WorkspaceScope, id: string): Promise<Containment> {
    const row = await findContainment(this.database, id, scope.ids);
    if (row === undefined) throw notFound('containment');
    const saga = await findSaga(this.database, id);
    const progress = saga === undefined ? { steps: stepsOf(row), next: nextOf(row), remote: null } : { steps: remoteStepsOf(row, saga), next: remoteNextOf(row, saga), remote: remoteOf(saga) };
    return { ...summaryOf(row), ...progress, sealed: row.sealed, ...await this.evidenceOf(row) };
  }

  /** What was done is told also when nobody can be asked what came of it. */
  private async evidenceOf(row: ContainmentRecord): Promise<Evidence> {
    if (row.state === 'cancelled') return { evidence: 'available', ...none };
    if (row.state === 'overlap') {
      const judged = await this.overlapEvidence.judge(row);
      const blind = judged.reasons.some(({ code }) => code === 'evidence_unavailable');
      return { ...none, evidence: blind ? 'unavailable' : 'available', overlap: {
        ends_at: row.overlap_ends_at!.toISOString(), on_overlap_end: row.action === 'rotate' ? row.on_overlap_end! : 'revoke', complete_when_safe: row.complete_when_safe,
        extensions: row.extensions, warned_at: row.warned_at?.toISOString() ?? null, ...judged,
      } };
    }
    // Under way at the key platform: there is nothing to prove before the old key is revoked.
    if (row.state !== 'contained' && row.old_revoked_at === null) return { evidence: 'available', ...none };
    const revokedAt = row.revoked_at ?? row.old_revoked_at ?? row.started_at;
    const question = await this.overlapEvidence.questionOf(row, revokedAt);
    try {
      const [{ callers, complete }, nodes] = [await this.store.callers(question), await this.store.nodes(question)];
      return { evidence: 'available', overlap: null, proof: proofOf(nodes, revokedAt.getTime()), recovery: recoveryOf(callers, complete, this.clock.now()) };
    } catch {
      return { evidence: 'unavailable', ...none };
    }
  }
}
