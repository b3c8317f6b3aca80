import { Injectable } from '@nestjs/common';
import { Clock } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { CallerEvidenceStore, type EvidenceQuestion } from './caller-evidence.store.js';
import { lineOf, type ContainmentRecord } from './containment.store.js';
import { judgeOverlap, type OverlapEvidence, type OverlapVerdict } from './overlap.js';

/** Asks request logs about the callers of an overlap. */
@Injectable()
export class OverlapEvidenceService {
  constructor(private readonly database: Database, private readonly store: CallerEvidenceStore, private readonly clock: Clock) {}

  /** Without an answer from the request logs it is judged all the same, as not safe. */
  async judge(row: ContainmentRecord): Promise<OverlapVerdict> {
    const now = this.clock.now();
    const successorActive = row.successor_revoked_at === null && (row.successor_expires_at === null || row.successor_expires_at.getTime() > now);
    return judgeOverlap(await this.evidenceOf(row), successorActive, now);
  }

  private async evidenceOf(row: ContainmentRecord): Promise<OverlapEvidence | undefined> {
    const question = await this.questionOf(row, row.started_at);
    return this.store.callers(question).catch(() => undefined);
  }

  /** What to ask of a containment: about its old key, and about all that came after it. */
  async questionOf(row: ContainmentRecord, since: Date): Promise<EvidenceQuestion> {
    return {
      old_key: row.key_id, new_keys: row.successor_id === null ? [] : await lineOf(this.database, row.successor_id),
      workspaces: row.workspace_id === null ? null : [row.workspace_id], since: since.getTime(),
    };
  }
}
