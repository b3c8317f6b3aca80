import { Injectable, Logger } from '@nestjs/common';
import type { BacktestFinding, BacktestResult } from '@keytrail/contracts';
import { Clock } from '@keytrail/platform';
import { readRules } from '../custom/read-rules.js';
import { TunableRules } from '../custom/tunable-rules.service.js';
import { tunableOf } from '../custom/rule.js';
import { readWhatIf } from '../tuning/what-if.js';
import type { HypotheticalFinding } from './backtest-memory.js';
import { BacktestRuns, type BacktestChangeFound, type BacktestOrder, type BacktestOutcome } from './backtest-runs.service.js';
import { BacktestStore, type BacktestRow } from './backtest.store.js';

const DAY = 86_400_000;
/** Progress is written down, and whether somebody cancelled it looked up, this often. */
const BEAT_MS = 500;
const MOST_KEPT = 10_000;

/** Works off the backtests that were ordered, one after the other. */
@Injectable()
export class BacktestQueue {
  private readonly logger = new Logger('backtests');
  private lookedForLost = false;

  constructor(private readonly store: BacktestStore, private readonly runs: BacktestRuns, private readonly tunable: TunableRules, private readonly clock: Clock) {}

  /** Runs the next one to its end, or until `isStopping`. false: there was none. */
  async runNext(isStopping: () => boolean = () => false): Promise<boolean> {
    if (!this.lookedForLost || this.store.isShared) await this.store.interruptLost(this.clock.date());
    this.lookedForLost = true;
    const row = await this.store.claim(this.clock.date());
    if (row === undefined) return false;
    try {
      await this.run(row, isStopping);
    } catch (error) {
      this.logger.error(`the backtest ${row.backtest_id} failed`, error instanceof Error ? error.stack : undefined);
      await this.store.end(row.backtest_id, 'failed', this.clock.date(), { error: 'It could not be run; the log of the process that detects says why.' });
    }
    return true;
  }

  private async run(row: BacktestRow, isStopping: () => boolean): Promise<void> {
    let beat = -Infinity;
    const outcome = await this.runs.run(await this.orderOf(row), async (done) => {
      if (isStopping()) return false;
      if (this.clock.now() - beat < BEAT_MS) return true;
      beat = this.clock.now();
      return this.store.beat(row.backtest_id, Math.min(1, done), this.clock.date());
    });
    if (outcome === undefined) {
      // Cancelled, or this process ends.
      await this.store.end(row.backtest_id, 'interrupted', this.clock.date());
      return;
    }
    const kept = outcome.found.slice(0, MOST_KEPT);
    await this.store.complete(row.backtest_id, resultOf(outcome, kept.length), kept.map(presentFound), this.clock.date());
  }

  private async orderOf({ workspace_id, key_id, starts_at, ends_at, learn_days, what_if, rules: source }: BacktestRow): Promise<BacktestOrder> {
    const rules = source === null ? [] : readRules(source);
    const defaults = new Map([...await this.tunable.defaults(workspace_id), ...rules.map(tunableOf).map(({ id, settings }) => [id, settings] as const)]);
    return {
      scope: { workspace_id, key_id }, from: starts_at.getTime(), to: ends_at.getTime(), learn_from: starts_at.getTime() - learn_days * DAY,
      assumed: what_if.length === 0 ? null : readWhatIf(what_if, defaults), rules,
    };
  }
}

function resultOf({ found, same, requests, forgotten_keys, left_out }: BacktestOutcome, kept: number): BacktestResult {
  const told = found.filter(({ change }) => change !== 'removed');
  const counts = new Map<string, BacktestResult['by_rule'][number]>();
  for (const { finding: { rule_id, severity } } of told) {
    const count = counts.get(`${rule_id} ${severity}`) ?? { rule_id, severity, findings: 0 };
    count.findings += 1;
    counts.set(`${rule_id} ${severity}`, count);
  }
  const of = (change: BacktestChangeFound['change']) => found.filter((one) => one.change === change).length;
  return {
    findings: told.length, by_rule: [...counts.values()].sort((a, b) => b.findings - a.findings),
    changes: same === null ? null : { added: of('added'), removed: of('removed'), changed: of('changed'), same },
    requests, forgotten_keys, is_complete: left_out === 0 && kept === found.length,
  };
}

const presentFound = ({ change, finding, before }: BacktestChangeFound): BacktestFinding => {
  const { rule_id, title, severity, workspace_id, key_id, principal, addresses, summary, evidence } = finding;
  return { rule_id, title, severity, workspace_id, key_id, principal, addresses, ...timesOf(finding), summary, evidence, change, before: before && { severity: before.severity, summary: before.summary, ...timesOf(before) } };
};

const timesOf = ({ first_seen, last_seen }: HypotheticalFinding) => ({ first_seen: new Date(first_seen).toISOString(), last_seen: new Date(last_seen).toISOString() });
