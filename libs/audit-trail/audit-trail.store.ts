import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock, type Actor, type WorkspaceScope, decodeCursor, encodeCursor } from '@keytrail/platform';
import { Database, inWorkspaces, type Executor } from '@keytrail/postgres';
import { withoutSecrets, type AuditPage, type AuditQuery } from '@keytrail/contracts';
import { presentEntry } from './audit-entry.js';

export interface AuditRecord {
  /** What was done, as `<object>.<past participle>`: `api_key.revoked`; sensitive reads alike: `request_logs.searched`. */
  action: string;
  object_type: string;
  object_id: string;
  workspace_id: string | null;
  reason?: string;
  /** Before and after, without secrets. */
  detail?: Record<string, unknown>;
}

/** An entry is never changed again: a secret that somebody took for an id or wrote into a reason must not get there. */
const allWithoutSecrets = (_: string, value: unknown): unknown => (typeof value === 'string' ? withoutSecrets(value) : value);

/** The append-only record of every action. The database refuses to change or delete an entry. */
@Injectable()
export class AuditTrail {
  constructor(private readonly database: Database, private readonly clock: Clock) {}

  /** Writes an entry in the transaction of the change it tells of. */
  async record(transaction: Executor, actor: Actor, record: AuditRecord): Promise<void> {
    await this.recordAll(transaction, actor, [record]);
  }

  /** Writes an entry of each change of a transaction that makes many, in their order; a few thousand at most. */
  async recordAll(transaction: Executor, actor: Actor, records: readonly AuditRecord[]): Promise<void> {
    if (records.length === 0) return;
    const at = this.clock.date();
    await transaction.insertInto('audit_entries').values(records.map((record) => ({
      at, actor: actor.actor, actor_address: actor.address, request_id: actor.request_id, action: record.action,
      object_type: record.object_type, object_id: withoutSecrets(record.object_id), workspace_id: record.workspace_id,
      reason: record.reason === undefined ? null : withoutSecrets(record.reason), detail: JSON.stringify(record.detail ?? {}, allWithoutSecrets),
    }))).execute();
  }

  /** Writes an entry of a sensitive read. Await it before the answer is given: what cannot be recorded must not be read. */
  async recordRead(actor: Actor, record: AuditRecord): Promise<void> {
    await this.record(this.database, actor, record);
  }

  /** Entries, newest first. Entries of the account as a whole are for callers of every workspace only. */
  async list(scope: WorkspaceScope, query: AuditQuery): Promise<AuditPage> {
    const before = query.cursor === undefined ? null : decodeCursor(z.number().int().min(1), query.cursor);
    let select = this.database.selectFrom('audit_entries').selectAll()
      .where(inWorkspaces(scope.narrow(query.workspace))).orderBy('entry_id', 'desc').limit(query.limit + 1);
    if (before !== null) select = select.where('entry_id', '<', before);
    if (query.object_id !== undefined) select = select.where('object_id', '=', query.object_id);
    const rows = await select.execute();
    const shown = rows.slice(0, query.limit);
    return {
      data: shown.map(presentEntry),
      next_cursor: rows.length > query.limit ? encodeCursor(shown.at(-1)?.entry_id) : null,
    };
  }
}
