import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable, Optional } from '@nestjs/common';
import { ClickHouse } from '@keytrail/clickhouse';
import { KeyDirectory } from '@keytrail/credentials';
import { Metrics } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { CustomRuleStore } from '../custom/custom-rule.store.js';
import { CustomRules, FolderRules } from '../custom/custom-rules.service.js';
import type { CustomRule } from '../custom/rule.js';
import { Judge } from '../judge.service.js';
import { ObjectUseStore } from '../object-use.store.js';
import { ObjectWalks } from '../object-walks.service.js';
import { Replays } from '../replays.service.js';
import { RequestReuseStore } from '../request-reuse.store.js';
import { RuleFacts } from '../rule-facts.store.js';
import { StepJudge } from '../step-judge.service.js';
import { Tuning } from '../tuning/tuning.service.js';
import type { AssumedSettings } from '../tuning/what-if.js';
import { BacktestMemory, type HypotheticalFinding } from './backtest-memory.js';
import { changesBetween, type ComparedFinding } from './compare-findings.js';
import { HistoryActivity, type HistoryScope } from './history-activity.store.js';
import { stepsOf, type HistoryStep } from './history-steps.js';

/** What is to be judged again. Times are epoch milliseconds. */
export interface BacktestOrder {
  scope: HistoryScope;
  from: number;
  to: number;
  /** Baselines learn from here on. */
  learn_from: number;
  /** null: nothing else is assumed. */
  assumed: AssumedSettings | null;
  rules: readonly CustomRule[];
}

export interface BacktestChangeFound { change: 'added' | 'removed' | 'changed' | null; finding: HypotheticalFinding; before: HypotheticalFinding | null }

export interface BacktestOutcome { found: BacktestChangeFound[]; same: number | null; requests: number; forgotten_keys: number; left_out: number }

/**
 * Judges stored request logs once more by the code of the live path, step by step of the requests' own clock. Only where what is remembered and
 * what is found lies is different: in memory. Nothing is changed in any store.
 */
@Injectable()
export class BacktestRuns {
  constructor(
    private readonly clickhouse: ClickHouse, private readonly database: Database, private readonly directory: KeyDirectory, private readonly metrics: Metrics,
    @Optional() private readonly folder?: FolderRules,
  ) {}

  /** `onProgress` is told the share that is done, and says whether to go on. undefined: it was not to. */
  async run(order: BacktestOrder, onProgress: (done: number) => Promise<boolean>): Promise<BacktestOutcome | undefined> {
    const steps = stepsOf(await new HistoryActivity(this.clickhouse, order.scope).slices(order.learn_from, order.to), order.learn_from, order.to);
    const runs = order.assumed === null ? 1 : 2;
    const asIs = await this.judgeAll(order, steps, new Map(), order.assumed === null ? order.rules : [], (done) => onProgress(done / runs));
    if (asIs === undefined) return undefined;
    const otherwise = order.assumed === null ? undefined : await this.judgeAll(order, steps, order.assumed, order.rules, (done) => onProgress((1 + done) / runs));
    if (order.assumed !== null && otherwise === undefined) return undefined;
    return {
      ...await compare(asIs.since(order.from), otherwise?.since(order.from)), requests: Math.round(steps.reduce((sum, step) => sum + step.requests, 0)),
      forgotten_keys: Math.max(asIs.forgotten, otherwise?.forgotten ?? 0), left_out: Math.max(asIs.leftOut, otherwise?.leftOut ?? 0),
    };
  }

  private async judgeAll(
    { scope }: BacktestOrder, steps: readonly HistoryStep[], assumed: AssumedSettings, rules: readonly CustomRule[], onProgress: (done: number) => Promise<boolean>,
  ): Promise<BacktestMemory | undefined> {
    const history = new HistoryActivity(this.clickhouse, scope);
    const judge = this.judgeOf(history, scope, assumed, rules);
    await judge.refresh();
    const memory = new BacktestMemory();
    const all = steps.reduce((sum, { requests }) => sum + requests, 0);
    let done = 0;
    for (const { since, until, requests } of steps) {
      if (!await onProgress(done / all)) return undefined;
      const found = await judge.judgeStep({ since, until, ...scope }, await history.arrived({ since, until }), memory, () => false);
      if (found !== undefined) memory.save(found);
      done += requests;
      // What happens live goes first.
      await nextTurn();
    }
    return await onProgress(1) ? memory : undefined;
  }

  private judgeOf(history: HistoryActivity, scope: HistoryScope, assumed: AssumedSettings, rules: readonly CustomRule[]): StepJudge {
    const tuning = new Tuning(this.database);
    tuning.assume(assumed);
    const customRules = new CustomRules(this.database, new CustomRuleStore(this.clickhouse), tuning, this.metrics, this.folder);
    customRules.tryOut(rules, scope.workspace_id);
    return new StepJudge(
      new Judge(history, tuning, new ObjectWalks(new ObjectUseStore(this.clickhouse)), this.metrics), new Replays(new RequestReuseStore(this.clickhouse), this.metrics),
      customRules, this.directory, new RuleFacts(this.database),
    );
  }
}

/** Earliest first. */
async function compare(asIs: HypotheticalFinding[], otherwise: HypotheticalFinding[] | undefined): Promise<Pick<BacktestOutcome, 'found' | 'same'>> {
  if (otherwise === undefined) return { found: byTime(asIs.map((finding) => ({ change: null, finding, before: null }))), same: null };
  const found: BacktestChangeFound[] = [];
  const changed = new Set<string>();
  for await (const { before, after } of changesBetween(datesOf(asIs), datesOf(otherwise))) {
    if (after !== undefined) changed.add(after.finding.finding_id);
    found.push({ change: before === undefined ? 'added' : after === undefined ? 'removed' : 'changed', finding: (after ?? before)!.finding, before: after === undefined ? null : before?.finding ?? null });
  }
  const same = otherwise.filter(({ finding_id }) => !changed.has(finding_id));
  return { found: byTime([...found, ...same.map((finding) => ({ change: null, finding, before: null }))]), same: same.length };
}

const byTime = (found: BacktestChangeFound[]): BacktestChangeFound[] => found.sort((a, b) => a.finding.first_seen - b.finding.first_seen);

async function* datesOf(findings: readonly HypotheticalFinding[]): AsyncGenerator<ComparedFinding & { finding: HypotheticalFinding }> {
  for (const finding of findings) yield await Promise.resolve({ ...finding, first_seen: new Date(finding.first_seen), last_seen: new Date(finding.last_seen), finding });
}
