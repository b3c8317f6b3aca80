import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable, Optional } from '@nestjs/common';
import { Clock } from '@keytrail/platform';
import { Database, type Executor } from '@keytrail/postgres';
import { CallerActivityStore } from './caller-activity.store.js';
import { observe } from './habits.js';
import { newKeyWatch, watchActivity } from './key-watch.js';
import { KeyMemories, type SilentKey } from './memory/key-memories.js';
import type { KeyMemory } from './memory/stored-memory.js';
import { ProgressStore, type Progress } from './progress.store.js';
import { groupBy, slicesOf } from './slices.js';
import type { CallerActivity } from './types.js';
import { nameOf, type KeyName } from './key-name.js';

/** How much detection may hold. */
export class DetectionLimits {
  constructor(readonly keysInMemory = 150_000, readonly forgetAfterDays = 400) {}
}

/** A key that changed is written down within this time, while anything arrives within twice the time. */
const WRITTEN_WITHIN_MS = 10 * 60_000;
/** All keys are written down once in so many groups: a detector that is killed has about as many to judge again. */
const WRITTEN_WITHIN_GROUPS = 2_000_000;
/** Keys written outside of a step at a time. */
const KEYS_A_WRITE = 2_000;
const MOST_A_STEP = 10_000;
const KEYS_A_TURN = 200;
/** A day of silence has been told of, minutes. */
const LONGEST_LOOK = 2 * 24 * 60;

/**
 * What is remembered of keys, in memory and, now and then, in Postgres. What a step makes of its keys is here at once, and counts when the step is
 * committed; if it is not, all is forgotten and found again by judging anew what came since the keys were written down. Nothing is told of twice
 * then: findings were committed with their step.
 */
@Injectable()
export class LiveMemory {
  private readonly keys: KeyMemories;
  /** The step up to which all that is held counts. */
  private at: number | undefined;
  /** The keys that the step at hand writes down. */
  private writing: number[] = [];
  private groups = 0;
  private lastWrite = 0;
  private lookedUpTo: number | undefined;

  constructor(
    private readonly database: Database, private readonly progress: ProgressStore, private readonly activity: CallerActivityStore, private readonly clock: Clock,
    @Optional() private readonly limits: DetectionLimits = new DetectionLimits(),
  ) {
    this.keys = new KeyMemories(limits.keysInMemory);
  }

  get size(): number {
    return this.keys.size;
  }

  get unwritten(): number {
    return this.keys.unwritten;
  }

  /** Brings memory to where detection got. False: it was to stop in the middle. */
  async catchUp(progress: Progress | undefined, isStopping: () => boolean): Promise<boolean> {
    const version = progress?.version ?? 0;
    if (this.at === version) return true;
    this.forget();
    this.lastWrite = this.clock.now();
    if (progress !== undefined && progress.written_up_to < version) {
      for (const { step, batches } of await this.progress.stepsAfter(progress.written_up_to)) {
        if (isStopping()) return false;
        this.at = step - 1;
        await this.replay(await this.activity.ofBatches(batches), step);
      }
    }
    this.at = version;
    return true;
  }

  /** Makes keys ready for `get`; `put` is of the step after the one that was committed last. */
  async load(names: readonly KeyName[]): Promise<void> {
    const step = this.step();
    const missing = this.keys.use(names, step);
    if (missing.length === 0) return;
    const leaving = this.keys.crowdedOut(missing.length, step);
    await this.progress.keep(this.database, this.keys.stored(leaving, step - 1), this.clock.date());
    this.keys.wrote(leaving);
    this.keys.forget(leaving);
    for (const stored of await this.progress.stored(missing)) this.keys.take(stored, step);
  }

  /** When a key that was made ready was seen first, epoch milliseconds. */
  firstSeen(name: KeyName): number | undefined {
    return this.keys.firstSeen(name);
  }

  /** What is remembered of a key that was made ready; good until the next call. */
  get(name: KeyName): KeyMemory | undefined {
    return this.keys.get(name);
  }

  put(name: KeyName, memory: KeyMemory): void {
    this.keys.put(name, memory, this.step(), this.clock.now());
  }

  /**
   * Goes through the keys whose silence is worth a look by an epoch minute, those too that are not in memory; `judge`: as of `KeyMemories.look`.
   * While no step is at work.
   */
  async look(minute: number, judge: (silent: SilentKey) => number | undefined): Promise<void> {
    if (this.at === undefined) return;
    let after = this.lookedUpTo ?? minute - LONGEST_LOOK;
    for (;;) {
      const found = await this.progress.lookedAtBetween(after, minute, KEYS_A_WRITE);
      await this.load(found.filter((key) => !this.keys.has(key)));
      // More of the same minute are looked at later, when what they were written down with comes up again.
      after = found.length < KEYS_A_WRITE ? minute : Math.max(after + 1, found.at(-1)!.look_at - 1);
      if (found.length < KEYS_A_WRITE) break;
    }
    this.lookedUpTo = minute;
    this.keys.look(minute, judge);
  }

  keysThrough(workspace: string, node: string, most: number): number {
    return this.keys.keysThrough(workspace, node, most);
  }

  /** Chooses the keys whose turn it is to be written down with a step that judged so many groups. Returns up to which step all are then. */
  choose(groups: number): number {
    const now = this.clock.now();
    const share = Math.min(1, Math.max((this.groups + groups) / WRITTEN_WITHIN_GROUPS, 2 * (now - this.lastWrite) / WRITTEN_WITHIN_MS));
    const due = this.keys.changedBefore(now - WRITTEN_WITHIN_MS);
    this.writing = this.keys.oldest(Math.min(MOST_A_STEP, Math.max(due, Math.floor(this.keys.unwritten * share))));
    this.groups += groups;
    return this.keys.writtenUpTo(this.step(), new Set(this.writing));
  }

  /** Writes the chosen keys down as they are after the step. */
  async write(transaction: Executor): Promise<void> {
    await this.progress.keep(transaction, this.keys.stored(this.writing, this.step()), this.clock.date());
  }

  /** The step was committed. */
  committed(): void {
    if (this.writing.length > 0) {
      this.groups = 0;
      this.lastWrite = this.clock.now();
    }
    this.keys.wrote(this.writing);
    this.at = this.step();
    this.writing = [];
  }

  /** Writes down keys that changed before a moment (all: Infinity), while no step is at work. */
  async writeChangedBefore(moment = this.clock.now() - WRITTEN_WITHIN_MS): Promise<void> {
    if (this.at === undefined) return;
    let left = moment === Infinity ? this.keys.unwritten : this.keys.changedBefore(moment);
    if (left === 0) return;
    for (; left > 0; left -= KEYS_A_WRITE) {
      const slots = this.keys.oldest(Math.min(left, KEYS_A_WRITE));
      await this.progress.keep(this.database, this.keys.stored(slots, this.at), this.clock.date());
      this.keys.wrote(slots);
    }
    await this.progress.noteWritten(this.at, this.keys.writtenUpTo(this.at));
  }

  /** What is held may not count: the step at hand was not committed. */
  forget(): void {
    this.keys.clear();
    this.at = undefined;
    this.writing = [];
    this.groups = 0;
    this.lookedUpTo = undefined;
  }

  /** Forgets keys that were not seen for long. */
  async forgetUnseen(): Promise<void> {
    await this.progress.forgetUnseen(new Date(this.clock.now() - this.limits.forgetAfterDays * 24 * 60 * 60_000));
  }

  private step(): number {
    return (this.at ?? 0) + 1;
  }

  /** Learns what a committed step judged; keys that were written down since then know it. */
  private async replay(arrived: readonly CallerActivity[], step: number): Promise<void> {
    const keys = keysOf(arrived);
    await this.load(keys);
    const known = new Set(keys.filter((key) => this.keys.holds(key, step)).map(nameOf));
    for (const slice of slicesOf(arrived)) {
      let turn = 0;
      for (const [name, activity] of groupBy(slice.filter(({ key_id }) => key_id !== ''), nameOf)) {
        if ((turn += 1) % KEYS_A_TURN === 0) await nextTurn();
        if (known.has(name)) continue;
        const key = activity[0]!;
        const before = this.keys.get(key);
        const { watch } = watchActivity(before?.watch ?? newKeyWatch(activity), activity);
        this.put(key, { watch, habits: observe(before?.habits, activity).habits });
      }
    }
  }
}

export const keysOf = (arrived: readonly CallerActivity[]): KeyName[] => {
  const keys = new Map<string, KeyName>();
  for (const group of arrived) if (group.key_id !== '') keys.set(nameOf(group), group);
  return [...keys].map(([name, { workspace_id, key_id }]) => ({ workspace_id, key_id, name }));
};
