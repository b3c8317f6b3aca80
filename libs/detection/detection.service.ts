import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { KeyDirectory } from '@keytrail/credentials';
import { Clock, Metrics } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { CallerActivityStore, type ArrivedBatch } from './caller-activity.store.js';
import { CustomRules } from './custom/custom-rules.service.js';
import { FindingStore } from './finding.store.js';
import { HabitStore } from './habit.store.js';
import { observe, type KeyHabits } from './habits.js';
import { Judge } from './judge.service.js';
import { newKeyWatch, watchActivity, type KeyWatch } from './key-watch.js';
import { ProgressStore, type KeyName, type Progress } from './progress.store.js';
import { RuleFacts } from './rule-facts.store.js';
import { groupBy, slicesOf } from './slices.js';
import { StepFindings } from './step-findings.js';
import type { CallerActivity } from './types.js';

/** How far before the cursor batches are looked for: an insert may become visible this long after its stamp. */
const LATE_VISIBLE_MS = 2 * 60_000;

/** Arrivals are kept this long; a detector that starts for the first time begins there. */
const KEPT_MS = 7 * 24 * 60 * 60_000;

/** Groups a step takes in at most (one larger batch still comes alone). */
const GROUPS_A_STEP = 20_000;

/** Keys judged before others get their turn. */
const KEYS_A_TURN = 20;

/** What is remembered of the keys of a step, as it is after the slices judged so far. */
type Watches = Map<string, KeyName & { state: KeyWatch }>;

/** What the keys of a step usually do, and which of it is to be written down. */
interface StepHabits { all: Map<string, KeyHabits>; changed: Map<string, KeyName & { habits: KeyHabits }> }

/**
 * Judges what arrived since the last time. A step reads some batches from ClickHouse, judges them slice by slice of the requests' own
 * clock, and commits findings, what is remembered of each key, and the progress in one transaction: a crash, or a stop in its middle,
 * repeats the step; it neither skips nor doubles one.
 */
@Injectable()
export class Detection {
  constructor(
    private readonly database: Database, private readonly activity: CallerActivityStore, private readonly progress: ProgressStore,
    private readonly findings: FindingStore, private readonly judge: Judge, private readonly customRules: CustomRules, private readonly directory: KeyDirectory,
    private readonly habits: HabitStore, private readonly facts: RuleFacts, private readonly clock: Clock, private readonly metrics: Metrics,
  ) {}

  /** Works off everything that arrived, or what it can until `isStopping`. `onStep` is told how many groups each step judged. */
  async tick(isStopping: () => boolean = () => false, onStep: (groups: number) => void = () => undefined): Promise<void> {
    const stop = this.metrics.tickSeconds.startTimer();
    while (!isStopping() && await this.step(isStopping, onStep));
    stop();
  }

  /** false: nothing is left. */
  private async step(isStopping: () => boolean, onStep: (groups: number) => void): Promise<boolean> {
    const progress = await this.progress.read();
    const now = await this.activity.now();
    // A store whose clock was set back stamps new arrivals before the cursor.
    const after = Math.min(progress?.ingested_at ?? now - KEPT_MS, now) - LATE_VISIBLE_MS;
    const seen = await this.progress.seenAfter(after);
    const batches = someOf(await this.activity.unseenAfter(after, seen));
    if (batches.length === 0) return false;
    await this.directory.refresh();
    await this.judge.refresh();
    await this.facts.refresh();
    const arrived = await this.activity.ofBatches(batches);
    const watches = await this.loadWatches(arrived);
    const habits = await this.loadHabits(arrived);
    const found = new StepFindings();
    for (const slice of slicesOf(arrived)) {
      if (isStopping()) return false;
      await this.judgeKeys(slice, watches, habits, found);
      await this.judgeCallers(slice, found);
    }
    await this.askCustomRules(batches, arrived, found);
    await this.commit(progress, batches, watches, habits, found, after);
    onStep(arrived.length);
    return true;
  }

  private async loadWatches(arrived: readonly CallerActivity[]): Promise<Watches> {
    return new Map((await this.progress.watches(keysOf(arrived))).map((row) => [nameOf(row), row]));
  }

  private async loadHabits(arrived: readonly CallerActivity[]): Promise<StepHabits> {
    return { all: await this.habits.of(keysOf(arrived)), changed: new Map() };
  }

  private async judgeKeys(slice: readonly CallerActivity[], watches: Watches, habits: StepHabits, found: StepFindings): Promise<void> {
    let turn = 0;
    for (const [name, activity] of groupBy(slice.filter((group) => group.key_id !== ''), nameOf)) {
      turn += 1;
      if (turn % KEYS_A_TURN === 0) await nextTurn();
      const { workspace_id, key_id } = activity[0]!;
      const watched = watchActivity(watches.get(name)?.state ?? newKeyWatch(activity), activity);
      watches.set(name, { workspace_id, key_id, state: watched.watch });
      const observed = observe(habits.all.get(name), activity);
      habits.all.set(name, observed.habits);
      if (observed.changed || habits.changed.has(name)) habits.changed.set(name, { workspace_id, key_id, habits: observed.habits });
      const registered = this.directory.findIn(workspace_id, key_id);
      const one = { workspace_id, key_id, activity, watched, observed, registered, facts: this.facts.of(registered) };
      const drafts = await this.judge.judgeKey(one, (from) =>
        found.goingOn(workspace_id, key_id, () => this.findings.goingOn(workspace_id, key_id, from)));
      for (const draft of drafts) found.take(draft);
    }
    await nextTurn();
  }

  private async judgeCallers(slice: readonly CallerActivity[], found: StepFindings): Promise<void> {
    for (const [workspace, activity] of groupBy(slice, (group) => group.workspace_id)) {
      const drafts = await this.judge.judgeCallers(workspace, activity, (from) =>
        found.goingOn(workspace, '', () => this.findings.goingOn(workspace, '', from)));
      const newcomers = this.judge.judgeNewcomers(workspace, activity);
      if (newcomers.length > 0) await found.goingOn(workspace, '', () => this.findings.goingOn(workspace, '', newcomers[0]!.first_seen));
      for (const draft of [...drafts, ...newcomers]) found.take(draft);
    }
  }

  private async askCustomRules(batches: readonly ArrivedBatch[], arrived: readonly CallerActivity[], found: StepFindings): Promise<void> {
    for (const draft of await this.customRules.find(batches, arrived)) {
      const { workspace_id, key_id, first_seen } = draft;
      await found.goingOn(workspace_id, key_id, () => this.findings.goingOn(workspace_id, key_id, first_seen));
      found.take(draft);
    }
  }

  private async commit(progress: Progress | undefined, batches: ArrivedBatch[], watches: Watches, habits: StepHabits, found: StepFindings, after: number): Promise<void> {
    const to = Math.max(progress?.ingested_at ?? 0, ...batches.map((batch) => batch.ingested_at));
    const isOurs = await this.database.transaction().execute(async (transaction) => {
      if (!await this.progress.advance(transaction, progress, to, batches, after - LATE_VISIBLE_MS)) return false;
      await this.progress.keepWatches(transaction, [...watches.values()], this.clock.date());
      await this.findings.save(transaction, found.changes());
      await this.habits.keep(transaction, [...habits.changed.values()], this.clock.date());
      return true;
    });
    if (isOurs) this.habits.hold(habits.all);
    else this.habits.forget();
  }
}

const keysOf = (arrived: readonly CallerActivity[]): KeyName[] =>
  [...groupBy(arrived.filter((group) => group.key_id !== ''), nameOf).values()].map(([group]) => ({ workspace_id: group!.workspace_id, key_id: group!.key_id }));

const nameOf = ({ workspace_id, key_id }: KeyName) => `${workspace_id} ${key_id}`;

function someOf(batches: readonly ArrivedBatch[]): ArrivedBatch[] {
  let groups = 0;
  return batches.filter((batch, index) => {
    groups += batch.groups;
    return index === 0 || groups <= GROUPS_A_STEP;
  });
}
