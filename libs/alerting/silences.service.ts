import { Injectable } from '@nestjs/common';
import type { Selectable } from 'kysely';
import { AuditTrail } from '@keytrail/audit-trail';
import type { CreateSilence, EndSilence, Silence, SilencePage, SilenceQuery } from '@keytrail/contracts';
import { Registry } from '@keytrail/credentials';
import { Clock, badRequest, conflict, decodeCursor, encodeCursor, idPosition, newId, notFound, type Caller, type WorkspaceScope } from '@keytrail/platform';
import { Database, inWorkspaces, type Executor, type SilenceTable } from '@keytrail/postgres';
import { HeldBack } from './held-back.service.js';

type SilenceRow = Selectable<SilenceTable>;

const Position = idPosition('sil');
const LONGEST_MS = 90 * 24 * 60 * 60_000;

/** What nobody is told of for a time. Incidents go on being opened and can be seen. */
@Injectable()
export class Silences {
  constructor(private readonly database: Database, private readonly registry: Registry, private readonly heldBack: HeldBack, private readonly clock: Clock, private readonly auditTrail: AuditTrail) {}

  async list(scope: WorkspaceScope, { workspace, state, limit, cursor }: SilenceQuery): Promise<SilencePage> {
    let select = this.database.selectFrom('silences').selectAll().where(inWorkspaces(scope.narrow(workspace))).orderBy('silence_id', 'desc').limit(limit + 1);
    if (state !== undefined) select = select.where('ends_at', state === 'running' ? '>' : '<=', this.clock.date());
    if (cursor !== undefined) select = select.where('silence_id', '<', decodeCursor(Position, cursor));
    const rows = await select.execute();
    const shown = rows.slice(0, limit);
    return { data: shown.map(presentSilence), next_cursor: rows.length > limit ? encodeCursor(shown.at(-1)?.silence_id) : null };
  }

  /** Throws 403 to a caller of some workspaces who names none, 400 for an end that is past, before the beginning or too far away. */
  async create(caller: Caller, { workspace, from, to, reason, ...what }: CreateSilence): Promise<Silence> {
    const workspaceId = await this.workspaceOf(caller, workspace, what.incident_id);
    const now = this.clock.date();
    const starts = from === undefined ? now : new Date(from);
    const ends = new Date(to);
    const wrong = ends <= starts ? 'must be after from' : ends <= now ? 'is past' : ends.getTime() - starts.getTime() > LONGEST_MS ? 'must be within 90 days of from' : undefined;
    if (wrong !== undefined) throw badRequest('invalid_silence', `The end ${wrong}.`, [{ field: 'to', message: wrong }]);
    return this.database.transaction().execute(async (transaction) => {
      const row = await transaction.insertInto('silences').values({
        silence_id: newId('sil'), workspace_id: workspaceId, incident_id: what.incident_id ?? null, key_id: what.key_id ?? null, rule_id: what.rule_id ?? null, owner_id: what.owner_id ?? null,
        starts_at: starts, ends_at: ends, reason, created_by: caller.actor, created_at: now,
      }).returningAll().executeTakeFirstOrThrow();
      await this.record(transaction, caller, 'created', row, reason, { ...what, from: starts.toISOString(), to: ends.toISOString() });
      // Nobody is told from the answer on.
      if (starts <= now) await this.heldBack.apply(transaction);
      return presentSilence(row);
    });
  }

  async end(caller: Caller, silenceId: string, { reason }: EndSilence): Promise<Silence> {
    return this.database.transaction().execute(async (transaction) => {
      const row = await transaction.selectFrom('silences').selectAll().where('silence_id', '=', silenceId).where(inWorkspaces(caller.scope.ids)).forUpdate().executeTakeFirst();
      if (row === undefined) throw notFound('silence');
      const now = this.clock.date();
      if (row.ends_at <= now) throw conflict('silence_ended', 'It has ended already.');
      const ended = await transaction.updateTable('silences').set({ ends_at: now < row.starts_at ? row.starts_at : now, ended_by: caller.actor }).where('silence_id', '=', silenceId).returningAll().executeTakeFirstOrThrow();
      await this.record(transaction, caller, 'ended', row, reason, { before: { to: row.ends_at.toISOString() }, after: { to: ended.ends_at.toISOString() } });
      await this.heldBack.release(transaction);
      return presentSilence(ended);
    });
  }

  /** A silence of an incident belongs to its workspace. */
  private async workspaceOf(caller: Caller, workspace: string | undefined, incidentId: string | undefined): Promise<string | null> {
    if (workspace !== undefined) await this.registry.workspace(caller.scope, workspace);
    if (incidentId !== undefined) {
      const incident = await this.database.selectFrom('incidents').select('workspace_id').where('incident_id', '=', incidentId).where(inWorkspaces(caller.scope.narrow(workspace))).executeTakeFirst();
      if (incident === undefined) throw notFound('incident');
      return incident.workspace_id;
    }
    if (workspace === undefined) caller.scope.assertAll('silence in every workspace; name one');
    return workspace ?? null;
  }

  private record(transaction: Executor, caller: Caller, what: string, row: SilenceRow, reason: string | undefined, detail: Record<string, unknown>): Promise<void> {
    return this.auditTrail.record(transaction, caller, {
      action: `silence.${what}`, object_type: 'silence', object_id: row.silence_id, workspace_id: row.workspace_id, ...(reason !== undefined && { reason }), detail,
    });
  }
}

const presentSilence = (row: SilenceRow): Silence => ({
  silence_id: row.silence_id, workspace_id: row.workspace_id, incident_id: row.incident_id, key_id: row.key_id, rule_id: row.rule_id, owner_id: row.owner_id,
  from: row.starts_at.toISOString(), to: row.ends_at.toISOString(), reason: row.reason, created_by: row.created_by, created_at: row.created_at.toISOString(), ended_by: row.ended_by,
});
