import { Injectable } from '@nestjs/common';
import { sql, type Selectable } from 'kysely';
import type { Backtest, BacktestFinding, BacktestFindings, BacktestFindingsQuery, BacktestResult, BacktestState } from '@keytrail/contracts';
import { decodeCursor, encodeCursor } from '@keytrail/platform';
import { Database, type BacktestFindingTable, type BacktestTable, type Executor } from '@keytrail/postgres';
import { z } from 'zod';

export type BacktestRow = Selectable<BacktestTable>;

const Position = z.number().int().min(0).max(1_000_000);
const ROWS_AN_INSERT = 200;
/** A backtest whose process was not heard of for so long is lost. */
const LOST_AFTER_MS = 60_000;

/** Backtests in Postgres. */
@Injectable()
export class BacktestStore {
  constructor(private readonly database: Database) {}

  /** Whether other processes may run backtests of this database. */
  get isShared(): boolean {
    return this.database.writes === undefined;
  }

  /** Takes the next one in the queue; undefined: there is none, or one runs already. */
  async claim(now: Date): Promise<BacktestRow | undefined> {
    return this.database.updateTable('backtests').set({ state: 'running', started_at: now, beat_at: now, progress: 0 })
      .where('backtest_id', '=', (of) => of.selectFrom('backtests').select('backtest_id').where('state', '=', 'queued').orderBy('backtest_id').limit(1).forUpdate().skipLocked())
      .where(({ not, exists, selectFrom }) => not(exists(selectFrom('backtests as b').select('b.backtest_id').where('b.state', '=', 'running'))))
      .returningAll().executeTakeFirst().catch((error: unknown) => {
        // Somebody else took one at the same moment.
        if ((error as { code?: string }).code === '23505') return undefined;
        throw error;
      });
  }

  /** Notes how far it is. false: it is not to go on. */
  async beat(id: string, progress: number, now: Date): Promise<boolean> {
    const row = await this.database.updateTable('backtests').set({ progress, beat_at: now }).where('backtest_id', '=', id).where('state', '=', 'running')
      .returning('backtest_id').executeTakeFirst();
    return row !== undefined;
  }

  /** What a process began that is gone: nobody else writes to an embedded database, so all that runs there was begun by one before this. */
  async interruptLost(now: Date): Promise<void> {
    const lost = new Date(now.getTime() - LOST_AFTER_MS);
    await this.database.updateTable('backtests').set({ state: 'interrupted', ended_at: now }).where('state', '=', 'running')
      .where((where) => (this.isShared ? where('beat_at', '<', lost) : sql<boolean>`true`)).execute();
  }

  /** Ends one that runs. false: it was ended meanwhile. */
  async end(id: string, state: BacktestState, now: Date, more: { error?: string; result?: BacktestResult } = {}, executor: Executor = this.database): Promise<boolean> {
    const row = await executor.updateTable('backtests').set({
      state, ended_at: now, ...(state === 'completed' && { progress: 1 }), ...(more.error !== undefined && { error: more.error }),
      ...(more.result !== undefined && { result: JSON.stringify(more.result) }),
    }).where('backtest_id', '=', id).where('state', '=', 'running').returning('backtest_id').executeTakeFirst();
    return row !== undefined;
  }

  async complete(id: string, result: BacktestResult, findings: readonly BacktestFinding[], now: Date): Promise<void> {
    await this.database.transaction().execute(async (transaction) => {
      if (!await this.end(id, 'completed', now, { result }, transaction)) return;
      for (let start = 0; start < findings.length; start += ROWS_AN_INSERT) {
        await transaction.insertInto('backtest_findings').values(findings.slice(start, start + ROWS_AN_INSERT).map(({ change, before, ...finding }, index) => ({
          backtest_id: id, position: start + index, change, rule_id: finding.rule_id, finding: JSON.stringify(finding), before: before === null ? null : JSON.stringify(before),
        }))).execute();
      }
    });
  }

  /** Earliest first. */
  async findings(id: string, query: BacktestFindingsQuery): Promise<BacktestFindings> {
    let select = this.database.selectFrom('backtest_findings').selectAll().where('backtest_id', '=', id).orderBy('position').limit(query.limit + 1);
    if (query.change !== undefined) select = select.where('change', '=', query.change);
    if (query.rule_id !== undefined) select = select.where('rule_id', '=', query.rule_id);
    if (query.cursor !== undefined) select = select.where('position', '>', decodeCursor(Position, query.cursor));
    const rows = await select.execute();
    const shown = rows.slice(0, query.limit);
    return { data: shown.map(presentFound), next_cursor: rows.length > query.limit ? encodeCursor(shown.at(-1)!.position) : null };
  }
}

const presentFound = ({ change, before, finding }: Selectable<BacktestFindingTable>): BacktestFinding => ({ ...finding, change, before });

const iso = (date: Date | null) => date?.toISOString() ?? null;

export const presentBacktest = (row: BacktestRow): Backtest => ({
  backtest_id: row.backtest_id, workspace_id: row.workspace_id, key_id: row.key_id, from: row.starts_at.toISOString(), to: row.ends_at.toISOString(),
  learn_days: row.learn_days, what_if: row.what_if, rules: row.rules, state: row.state, progress: row.progress, created_at: row.created_at.toISOString(),
  created_by: row.created_by, started_at: iso(row.started_at), ended_at: iso(row.ended_at), error: row.error, result: row.result,
});
