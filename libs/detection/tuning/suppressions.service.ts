import { Injectable } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import type { CreateSuppression, EndSuppression, Suppression, SuppressionPage, SuppressionQuery } from '@keytrail/contracts';
import { Registry } from '@keytrail/credentials';
import { Clock, badRequest, conflict, decodeCursor, encodeCursor, idPosition, newId, notFound, type Caller, type WorkspaceScope } from '@keytrail/platform';
import { Database, inWorkspaces } from '@keytrail/postgres';
import { TunableRules } from '../custom/tunable-rules.service.js';
import { noteTuningChange, type SuppressionRow } from './tuning.store.js';

const HOUR = 60 * 60_000;
const DAY = 24 * HOUR;
const LONGEST_DAYS = 90;
const Position = idPosition('sup');

/** What is held back for a time: a maintenance, or noise that is being looked after. Each ends by itself. */
@Injectable()
export class Suppressions {
  constructor(
    private readonly database: Database, private readonly registry: Registry, private readonly rules: TunableRules, private readonly clock: Clock,
    private readonly auditTrail: AuditTrail,
  ) {}

  async create(caller: Caller, request: CreateSuppression): Promise<Suppression> {
    await this.registry.workspace(caller.scope, request.workspace);
    if (request.rule_id !== undefined && !(await this.rules.defaults(request.workspace)).has(request.rule_id)) throw notFound('rule');
    const to = Date.parse(request.to);
    const from = request.from === undefined ? this.clock.now() - DAY : Date.parse(request.from);
    if (to <= from) throw badRequest('invalid_span', '`to` lies before `from`.');
    if (to - from > LONGEST_DAYS * DAY) throw badRequest('invalid_span', `At most ${LONGEST_DAYS} days lie between \`from\` and \`to\`.`);
    const row: SuppressionRow = {
      suppression_id: newId('sup'), workspace_id: request.workspace, key_id: request.key_id ?? null, rule_id: request.rule_id ?? null, starts_at: new Date(from),
      ends_at: new Date(to), reason: request.reason, created_by: caller.actor, created_at: this.clock.date(), ended_by: null,
    };
    await this.database.transaction().execute(async (transaction) => {
      await noteTuningChange(transaction);
      await transaction.insertInto('suppressions').values(row).execute();
      await this.auditTrail.record(transaction, caller, {
        action: 'suppression.created', object_type: 'suppression', object_id: row.suppression_id, workspace_id: row.workspace_id, reason: row.reason,
        detail: { key_id: row.key_id, rule_id: row.rule_id, from: row.starts_at.toISOString(), to: row.ends_at.toISOString() },
      });
    });
    return presentSuppression(row);
  }

  /** Newest first. */
  async list(scope: WorkspaceScope, query: SuppressionQuery): Promise<SuppressionPage> {
    let select = this.database.selectFrom('suppressions').selectAll().where(inWorkspaces(scope.narrow(query.workspace)))
      .orderBy('suppression_id', 'desc').limit(query.limit + 1);
    if (query.state !== undefined) select = select.where('ends_at', query.state === 'running' ? '>' : '<=', this.clock.date());
    if (query.cursor !== undefined) select = select.where('suppression_id', '<', decodeCursor(Position, query.cursor));
    const rows = await select.execute();
    const shown = rows.slice(0, query.limit);
    return { data: shown.map(presentSuppression), next_cursor: rows.length > query.limit ? encodeCursor(shown.at(-1)!.suppression_id) : null };
  }

  /** From now on; what was held back before does not come back. Throws 409 when it has ended. */
  async end(caller: Caller, id: string, { reason }: EndSuppression): Promise<Suppression> {
    return this.database.transaction().execute(async (transaction) => {
      await noteTuningChange(transaction);
      const row = await transaction.selectFrom('suppressions').selectAll().where('suppression_id', '=', id).where(inWorkspaces(caller.scope.ids)).executeTakeFirst();
      if (row === undefined) throw notFound('suppression');
      const now = this.clock.date();
      if (row.ends_at <= now) throw conflict('suppression_ended', 'It has ended already.');
      const ended = await transaction.updateTable('suppressions').set({ ends_at: now < row.starts_at ? row.starts_at : now, ended_by: caller.actor })
        .where('suppression_id', '=', id).returningAll().executeTakeFirstOrThrow();
      await this.auditTrail.record(transaction, caller, {
        action: 'suppression.ended', object_type: 'suppression', object_id: id, workspace_id: row.workspace_id, ...(reason !== undefined && { reason }),
        detail: { before: { to: row.ends_at.toISOString() }, after: { to: ended.ends_at.toISOString() } },
      });
      return presentSuppression(ended);
    });
  }
}

const presentSuppression = (row: SuppressionRow): Suppression => ({
  suppression_id: row.suppression_id, workspace_id: row.workspace_id, key_id: row.key_id, rule_id: row.rule_id, from: row.starts_at.toISOString(),
  to: row.ends_at.toISOString(), reason: row.reason, created_by: row.created_by, created_at: row.created_at.toISOString(), ended_by: row.ended_by,
});
