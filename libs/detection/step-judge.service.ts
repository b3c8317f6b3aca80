import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { KeyDirectory } from '@keytrail/credentials';
import type { Arrival } from './arrival.js';
import { CustomRules } from './custom/custom-rules.service.js';
import { observe } from './habits.js';
import { Judge } from './judge.service.js';
import type { KeyCase, KeyPast } from './key-case.js';
import type { ObjectLook } from './object-walks.service.js';
import { newKeyWatch, watchActivity } from './key-watch.js';
import { keysOf } from './live-memory.service.js';
import type { KeyMemory } from './memory/stored-memory.js';
import type { KnownFinding } from './merge-finding.js';
import { peerGroupsOf, Peers } from './peers.js';
import { Replays } from './replays.service.js';
import { RuleFacts } from './rule-facts.store.js';
import { groupBy, slicesOf } from './slices.js';
import { StepFindings } from './step-findings.js';
import type { CallerActivity, FindingDraft } from './types.js';
import { nameOf, type KeyName } from './key-name.js';

/** What a step goes on with: live it lies in Postgres, in a backtest in memory. */
export interface StepMemory {
  /** When a key that was made ready was seen first, epoch milliseconds; undefined: it is new. */
  firstSeen(key: KeyName): number | undefined;
  /** Makes ready what is remembered of the keys of a step. */
  load(keys: readonly KeyName[]): Promise<void>;
  /** What is remembered of a key that was made ready; of one that is new there is nothing. It is changed in place, and good until the next call. */
  get(key: KeyName): KeyMemory | undefined;
  put(key: KeyName, memory: KeyMemory): void;
  /** Findings about a key ('' = about callers) that may go on at a moment, epoch milliseconds. */
  goingOn(workspace: string, keyId: string, from: number): Promise<KnownFinding[]>;
  /** Findings about a key that lie between two moments, if only in part. */
  between(workspace: string, keyId: string, from: number, to: number): Promise<Pick<KnownFinding, 'rule_id' | 'title' | 'severity' | 'last_seen'>[]>;
}

class PastOf implements KeyPast {
  constructor(private readonly key: KeyName, private readonly found: StepFindings, private readonly memory: StepMemory) {}

  goingOn(from: number): Promise<readonly KnownFinding[]> {
    const { workspace_id, key_id } = this.key;
    return this.found.goingOn(workspace_id, key_id, () => this.memory.goingOn(workspace_id, key_id, from));
  }

  async suspicions(from: number, to: number) {
    const { workspace_id, key_id } = this.key;
    return (await this.memory.between(workspace_id, key_id, from, to)).map(({ last_seen, ...finding }) => ({ ...finding, at: last_seen }));
  }
}

/** Keys judged before others get their turn. */
const KEYS_A_TURN = 100;

/**
 * Judges some of what arrived, slice by slice of the requests' own clock. The live tick and backtests both go through here: they differ in
 * where arrivals come from and where what is remembered lies.
 */
@Injectable()
export class StepJudge {
  /** Of those who go on with one memory. */
  private readonly peers = new WeakMap<StepMemory, Peers>();

  constructor(
    private readonly judge: Judge, private readonly replays: Replays, private readonly customRules: CustomRules, private readonly directory: KeyDirectory, private readonly facts: RuleFacts,
  ) {}

  /** Reads what people changed of keys and rules. */
  async refresh(): Promise<void> {
    await this.directory.refresh();
    await this.judge.refresh();
    await this.facts.refresh();
  }

  /** What it found; what it learnt is put in the memory. undefined: it was to stop in the middle. */
  async judgeStep(arrival: Arrival, arrived: readonly CallerActivity[], memory: StepMemory, isStopping: () => boolean): Promise<StepFindings | undefined> {
    await memory.load(keysOf(arrived));
    await this.judge.prepare(arrived, (key) => memory.firstSeen(key));
    const found = new StepFindings();
    for (const slice of slicesOf(arrived)) {
      if (isStopping()) return undefined;
      this.judge.beginSlice();
      await this.judgeKeys(slice, found, memory);
      await this.judgeCallers(slice, found, memory);
    }
    for (const draft of [...await this.askAboutReplays(arrival, arrived), ...await this.customRules.find(arrival, arrived)]) {
      const { workspace_id, key_id, first_seen } = draft;
      await found.goingOn(workspace_id, key_id, () => memory.goingOn(workspace_id, key_id, first_seen));
      found.take(draft);
    }
    return found;
  }

  private async judgeKeys(slice: readonly CallerActivity[], found: StepFindings, memory: StepMemory): Promise<void> {
    const peers = this.peersOf(memory);
    const putOff: { one: KeyCase; look: ObjectLook }[] = [];
    let turn = 0;
    for (const [name, activity] of groupBy(slice.filter((group) => group.key_id !== ''), nameOf)) {
      turn += 1;
      if (turn % KEYS_A_TURN === 0) await nextTurn();
      const { workspace_id, key_id } = activity[0]!;
      const key = { workspace_id, key_id, name };
      const before = memory.get(key);
      const watched = watchActivity(before?.watch ?? newKeyWatch(activity), activity);
      const observed = observe(before?.habits, activity);
      memory.put(key, { watch: watched.watch, habits: observed.habits });
      const registered = this.directory.findIn(workspace_id, key_id);
      const groups = peerGroupsOf(workspace_id, registered?.kind ?? activity[0]!.credential_kind, registered?.name, activity[0]!.principal);
      const beyondPeers = peers.judge(name, groups, watched.watch);
      if (beyondPeers !== null && watched.spikes.length === 0) watched.spikes.push(beyondPeers);
      peers.note(name, groups, watched.watch);
      const one = { workspace_id, key_id, name, activity, watched, observed, registered, facts: this.facts.of(registered) };
      const look = this.judge.lookFor(one);
      if (look !== null) putOff.push({ one, look });
      else {
        const drafts = this.judge.judgeKey(one, new PastOf(one, found, memory));
        for (const draft of drafts instanceof Promise ? await drafts : drafts) found.take(draft);
      }
    }
    // What objects they called is read of all at once.
    const looked = await this.judge.look(putOff.map(({ look }) => look));
    for (const [index, { one }] of putOff.entries()) {
      one.watched.watch = memory.get(one)!.watch;
      for (const draft of await this.judge.judgeKey(one, new PastOf(one, found, memory), looked?.[index])) found.take(draft);
    }
    await nextTurn();
  }

  private peersOf(memory: StepMemory): Peers {
    let peers = this.peers.get(memory);
    if (peers === undefined) this.peers.set(memory, peers = new Peers());
    return peers;
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

  private async judgeCallers(slice: readonly CallerActivity[], found: StepFindings, memory: StepMemory): Promise<void> {
    for (const [workspace, activity] of groupBy(slice, (group) => group.workspace_id)) {
      const drafts = await this.judge.judgeCallers(workspace, activity, (from) => found.goingOn(workspace, '', () => memory.goingOn(workspace, '', from)));
      const newcomers = this.judge.judgeNewcomers(workspace, activity);
      if (newcomers.length > 0) await found.goingOn(workspace, '', () => memory.goingOn(workspace, '', newcomers[0]!.first_seen));
      for (const draft of [...drafts, ...newcomers]) found.take(draft);
    }
  }
}
