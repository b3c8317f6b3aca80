import { Injectable } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import type { Backtest, BacktestFindings, BacktestFindingsQuery, BacktestPage, BacktestQuery, CancelBacktest, CreateBacktest } from '@keytrail/contracts';
import { Registry } from '@keytrail/credentials';
import { Clock, badRequest, conflict, decodeCursor, encodeCursor, idPosition, newId, notFound, type Caller, type WorkspaceScope } from '@keytrail/platform';
import { Database, inWorkspaces } from '@keytrail/postgres';
import { CustomRuleStore } from '../custom/custom-rule.store.js';
import { readRules } from '../custom/read-rules.js';
import { tunableOf, type CustomRule } from '../custom/rule.js';
import { SigmaError } from '../custom/sigma-error.js';
import { TunableRules } from '../custom/tunable-rules.service.js';
import { readWhatIf } from '../tuning/what-if.js';
import { BacktestStore, presentBacktest, type BacktestRow } from './backtest.store.js';

const DAY = 86_400_000;
const LONGEST_DAYS = 92;
const MOST_QUEUED = 10;
const Position = idPosition('bkt');

/** Orders for backtests. They are run by the process that detects. */
@Injectable()
export class Backtests {
  constructor(
    private readonly database: Database, private readonly store: BacktestStore, private readonly rules: TunableRules, private readonly customRules: CustomRuleStore,
    private readonly registry: Registry, private readonly clock: Clock, private readonly auditTrail: AuditTrail,
  ) {}

  /** Throws 400 for what cannot be run, with what there is; 409 when too many wait. */
  async create(caller: Caller, request: CreateBacktest): Promise<Backtest> {
    if (request.workspace === undefined) caller.scope.assertAll('judge every workspace again');
    else await this.registry.workspace(caller.scope, request.workspace);
    if (request.key_id !== undefined && request.workspace === undefined) throw badRequest('invalid_scope', '`key_id` takes `workspace`.', [{ field: 'key_id', message: 'takes workspace' }]);
    const { from, to } = this.periodOf(request);
    await this.assertUnderstood(request);
    const row: BacktestRow = {
      backtest_id: newId('bkt'), workspace_id: request.workspace ?? null, key_id: request.key_id ?? null, starts_at: from, ends_at: to, learn_days: request.learn_days,
      what_if: request.what_if ?? [], rules: request.rules ?? null, state: 'queued', progress: 0, created_at: this.clock.date(), created_by: caller.actor, started_at: null,
      beat_at: null, ended_at: null, error: null, result: null,
    };
    await this.database.transaction().execute(async (transaction) => {
      const { waiting } = await transaction.selectFrom('backtests').select(({ fn }) => fn.countAll<number>().as('waiting')).where('state', '=', 'queued').executeTakeFirstOrThrow();
      if (Number(waiting) >= MOST_QUEUED) throw conflict('too_many_backtests', `${MOST_QUEUED} backtests wait already.`);
      await transaction.insertInto('backtests').values({ ...row, what_if: JSON.stringify(row.what_if), result: null }).execute();
      await this.auditTrail.record(transaction, caller, {
        action: 'backtest.created', object_type: 'backtest', object_id: row.backtest_id, workspace_id: row.workspace_id, ...(request.reason !== undefined && { reason: request.reason }),
        detail: { key_id: row.key_id, from: from.toISOString(), to: to.toISOString(), what_if: row.what_if, rules: row.rules },
      });
    });
    return presentBacktest(row);
  }

  async get(scope: WorkspaceScope, id: string): Promise<Backtest> {
    return presentBacktest(await this.require(scope, id));
  }

  /** Newest first. */
  async list(scope: WorkspaceScope, query: BacktestQuery): Promise<BacktestPage> {
    let select = this.database.selectFrom('backtests').selectAll().where(inWorkspaces(scope.narrow(query.workspace))).orderBy('backtest_id', 'desc').limit(query.limit + 1);
    if (query.state !== undefined) select = select.where('state', '=', query.state);
    if (query.cursor !== undefined) select = select.where('backtest_id', '<', decodeCursor(Position, query.cursor));
    const rows = await select.execute();
    const shown = rows.slice(0, query.limit);
    return { data: shown.map(presentBacktest), next_cursor: rows.length > query.limit ? encodeCursor(shown.at(-1)!.backtest_id) : null };
  }

  async findings(scope: WorkspaceScope, id: string, query: BacktestFindingsQuery): Promise<BacktestFindings> {
    await this.require(scope, id);
    return this.store.findings(id, query);
  }

  /** One that runs ends within its next step. Throws 409 when it has ended. */
  async cancel(caller: Caller, id: string, { reason }: CancelBacktest): Promise<Backtest> {
    await this.require(caller.scope, id);
    return this.database.transaction().execute(async (transaction) => {
      const row = await transaction.updateTable('backtests').set({ state: 'cancelled', ended_at: this.clock.date() }).where('backtest_id', '=', id)
        .where('state', 'in', ['queued', 'running']).returningAll().executeTakeFirst();
      if (row === undefined) throw conflict('backtest_ended', 'It has ended already.');
      await this.auditTrail.record(transaction, caller, {
        action: 'backtest.cancelled', object_type: 'backtest', object_id: id, workspace_id: row.workspace_id, ...(reason !== undefined && { reason }), detail: { progress: row.progress },
      });
      return presentBacktest(row);
    });
  }

  private async require(scope: WorkspaceScope, id: string): Promise<BacktestRow> {
    const row = await this.database.selectFrom('backtests').selectAll().where('backtest_id', '=', id).where(inWorkspaces(scope.ids)).executeTakeFirst();
    if (row === undefined) throw notFound('backtest');
    return row;
  }

  private periodOf({ from, to }: CreateBacktest): { from: Date; to: Date } {
    const [start, end] = [Date.parse(from), Date.parse(to)];
    if (end <= start) throw badRequest('invalid_span', '`to` lies before `from`.');
    if (end - start > LONGEST_DAYS * DAY) throw badRequest('invalid_span', `At most ${LONGEST_DAYS} days lie between \`from\` and \`to\`.`);
    if (start > this.clock.now()) throw badRequest('invalid_span', '`from` lies ahead.');
    return { from: new Date(start), to: new Date(end) };
  }

  private async assertUnderstood({ workspace, what_if = [], rules: source }: CreateBacktest): Promise<void> {
    const rules = source === undefined ? [] : await this.understood(source);
    try {
      readWhatIf(what_if, new Map([...await this.rules.defaults(workspace ?? null), ...rules.map(tunableOf).map(({ id, settings }) => [id, settings] as const)]));
    } catch (error) {
      if (error instanceof TypeError) throw badRequest('invalid_tuning', error.message, [{ field: 'what_if', message: error.message }]);
      throw error;
    }
  }

  private async understood(source: string): Promise<CustomRule[]> {
    try {
      const rules = readRules(source);
      for (const rule of rules) await this.customRules.check(rule);
      return rules;
    } catch (error) {
      if (error instanceof SigmaError) throw badRequest('invalid_rule', error.message, [{ field: 'rules', message: error.message }]);
      throw error;
    }
  }
}
