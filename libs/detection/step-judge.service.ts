import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { KeyDirectory } from '@keytrail/credentials';
import type { Arrival } from './arrival.js';
import { CustomRules } from './custom/custom-rules.service.js';
import { observe, type KeyHabits } from './habits.js';
import { Judge } from './judge.service.js';
import { newKeyWatch, watchActivity, type KeyWatch } from './key-watch.js';
import type { KnownFinding } from './merge-finding.js';
import type { KeyName } from './progress.store.js';
import { Replays } from './replays.service.js';
import { RuleFacts } from './rule-facts.store.js';
import { groupBy, slicesOf } from './slices.js';
import { StepFindings } from './step-findings.js';
import type { CallerActivity, FindingDraft } from './types.js';

/** What a step goes on with: live it lies in Postgres, in a backtest in memory. */
export interface StepMemory {
  /** What is remembered of keys; of those that are new there is none. */
  watches(keys: readonly KeyName[]): Promise<(KeyName & { state: KeyWatch })[]>;
  /** By `workspace key`. */
  habits(keys: readonly KeyName[]): Promise<Map<string, KeyHabits>>;
  /** Findings about a key ('' = about callers) that may go on at a moment, epoch milliseconds. */
  goingOn(workspace: string, keyId: string, from: number): Promise<KnownFinding[]>;
  /** Findings about a key that lie between two moments, if only in part. */
  between(workspace: string, keyId: string, from: number, to: number): Promise<Pick<KnownFinding, 'rule_id' | 'title' | 'severity' | 'last_seen'>[]>;
}

/** What a step found and learnt; nothing of it is kept yet. */
export interface JudgedStep {
  watches: (KeyName & { state: KeyWatch })[];
  habits: { all: Map<string, KeyHabits>; changed: (KeyName & { habits: KeyHabits })[] };
  found: StepFindings;
}

/** Keys judged before others get their turn. */
const KEYS_A_TURN = 20;

/**
 * Judges some of what arrived, slice by slice of the requests' own clock. The live tick and backtests both go through here: they differ in
 * where arrivals come from and where what is remembered lies.
 */
@Injectable()
export class StepJudge {
  constructor(
    private readonly judge: Judge, private readonly replays: Replays, private readonly customRules: CustomRules, private readonly directory: KeyDirectory, private readonly facts: RuleFacts,
  ) {}

  /** Reads what people changed of keys and rules. */
  async refresh(): Promise<void> {
    await this.directory.refresh();
    await this.judge.refresh();
    await this.facts.refresh();
  }

  /** undefined: it was to stop in the middle. */
  async judgeStep(arrival: Arrival, arrived: readonly CallerActivity[], memory: StepMemory, isStopping: () => boolean): Promise<JudgedStep | undefined> {
    const step = await this.begin(arrived, memory);
    for (const slice of slicesOf(arrived)) {
      if (isStopping()) return undefined;
      this.judge.beginSlice();
      await this.judgeKeys(slice, step, memory);
      await this.judgeCallers(slice, step, memory);
    }
    for (const draft of [...await this.askAboutReplays(arrival, arrived), ...await this.customRules.find(arrival, arrived)]) {
      const { workspace_id, key_id, first_seen } = draft;
      await step.found.goingOn(workspace_id, key_id, () => memory.goingOn(workspace_id, key_id, first_seen));
      step.found.take(draft);
    }
    return { watches: [...step.watches.values()], habits: { all: step.habits, changed: [...step.changed.values()] }, found: step.found };
  }

  private async begin(arrived: readonly CallerActivity[], memory: StepMemory): Promise<Step> {
    const keys = keysOf(arrived);
    const watches = new Map((await memory.watches(keys)).map((row) => [nameOf(row), row]));
    return { watches, habits: await memory.habits(keys), changed: new Map(), found: new StepFindings() };
  }

  private async judgeKeys(slice: readonly CallerActivity[], { watches, habits, changed, found }: Step, memory: StepMemory): Promise<void> {
    let turn = 0;
    for (const [name, activity] of groupBy(slice.filter((group) => group.key_id !== ''), nameOf)) {
      turn += 1;
      if (turn % KEYS_A_TURN === 0) await nextTurn();
      const { workspace_id, key_id } = activity[0]!;
      const watched = watchActivity(watches.get(name)?.state ?? newKeyWatch(activity), activity);
      watches.set(name, { workspace_id, key_id, state: watched.watch });
      const observed = observe(habits.get(name), activity);
      habits.set(name, observed.habits);
      if (observed.changed || changed.has(name)) changed.set(name, { workspace_id, key_id, habits: observed.habits });
      const registered = this.directory.findIn(workspace_id, key_id);
      const one = { workspace_id, key_id, activity, watched, observed, registered, facts: this.facts.of(registered) };
      const drafts = await this.judge.judgeKey(one, {
        goingOn: (from) => found.goingOn(workspace_id, key_id, () => memory.goingOn(workspace_id, key_id, from)),
        suspicions: async (from, to) => (await memory.between(workspace_id, key_id, from, to)).map(({ last_seen, ...finding }) => ({ ...finding, at: last_seen })),
      });
      for (const draft of drafts) found.take(draft);
    }
    await nextTurn();
  }

  private async askAboutReplays(arrival: Arrival, arrived: readonly CallerActivity[]): Promise<FindingDraft[]> {
    const drafts: FindingDraft[] = [];
    for (const { workspace_id, key_id, reused } of await this.replays.find(arrival, arrived)) {
      const activity = arrived.filter((group) => group.key_id === key_id && group.workspace_id === workspace_id);
      const found = this.judge.judgeReuse({ workspace_id, key_id, facts: this.facts.of(this.directory.findIn(workspace_id, key_id)), activity }, reused);
      if (found.length === 0) this.replays.pause({ workspace_id, key_id }, activity[0]?.first_time ?? 0);
      drafts.push(...found);
    }
    return drafts;
  }

  private async judgeCallers(slice: readonly CallerActivity[], { found }: Step, memory: StepMemory): Promise<void> {
    for (const [workspace, activity] of groupBy(slice, (group) => group.workspace_id)) {
      const drafts = await this.judge.judgeCallers(workspace, activity, (from) => found.goingOn(workspace, '', () => memory.goingOn(workspace, '', from)));
      const newcomers = this.judge.judgeNewcomers(workspace, activity);
      if (newcomers.length > 0) await found.goingOn(workspace, '', () => memory.goingOn(workspace, '', newcomers[0]!.first_seen));
      for (const draft of [...drafts, ...newcomers]) found.take(draft);
    }
  }
}

/** A step at work: what is remembered of its keys, as it is after the slices judged so far. */
interface Step {
  watches: Map<string, KeyName & { state: KeyWatch }>;
  habits: Map<string, KeyHabits>;
  /** Habits that are to be written down. */
  changed: Map<string, KeyName & { habits: KeyHabits }>;
  found: StepFindings;
}

const keysOf = (arrived: readonly CallerActivity[]): KeyName[] =>
  [...groupBy(arrived.filter((group) => group.key_id !== ''), nameOf).values()].map(([group]) => ({ workspace_id: group!.workspace_id, key_id: group!.key_id }));

const nameOf = ({ workspace_id, key_id }: KeyName) => `${workspace_id} ${key_id}`;
