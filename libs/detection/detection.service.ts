import { Injectable } from '@nestjs/common';
import { KeyDirectory } from '@keytrail/credentials';
import { Clock, Metrics } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { CallerActivityStore, type ArrivedBatch } from './caller-activity.store.js';
import { FindingStore } from './finding.store.js';
import { Judge } from './judge.service.js';
import { newKeyWatch, watchActivity, type KeyWatch } from './key-watch.js';
import { findStory, hasGrown, mergeFinding, type KnownFinding } from './merge-finding.js';
import { ProgressStore, type KeyName, type Progress } from './progress.store.js';
import type { CallerActivity, FindingDraft } from './types.js';

/** How far before the cursor batches are looked for: an insert may become visible this long after its stamp. */
const LATE_VISIBLE_MS = 5 * 60_000;

/** Arrivals are kept this long; a detector that starts for the first time begins there. */
const KEPT_MS = 7 * 24 * 60 * 60_000;

/** Groups a step takes in at most (one larger batch still comes alone). */
const GROUPS_A_STEP = 20_000;

interface Change {
  draft: FindingDraft;
  story: KnownFinding | undefined;
}

/**
 * Judges what arrived since the last time. A step reads some batches from ClickHouse, asks the rules, and commits findings, what is
 * remembered of each key, and the progress in one transaction: a crash repeats the step, it neither skips nor doubles one.
 */
@Injectable()
export class Detection {
  constructor(
    private readonly database: Database, private readonly activity: CallerActivityStore, private readonly progress: ProgressStore,
    private readonly findings: FindingStore, private readonly judge: Judge, private readonly directory: KeyDirectory,
    private readonly clock: Clock, private readonly metrics: Metrics,
  ) {}

  /** Works off everything that arrived. Returns the number of findings made or extended. */
  async tick(): Promise<number> {
    const stop = this.metrics.tickSeconds.startTimer();
    let total = 0;
    for (;;) {
      const made = await this.step();
      if (made === undefined) break;
      total += made;
      // Let requests be answered between steps.
      await new Promise((resolve) => setImmediate(resolve));
    }
    stop();
    return total;
  }

  /** undefined: nothing is left. */
  private async step(): Promise<number | undefined> {
    const progress = await this.progress.read();
    const after = (progress?.ingested_at ?? this.clock.now() - KEPT_MS) - LATE_VISIBLE_MS;
    const seen = await this.progress.seenAfter(after);
    const batches = someOf((await this.activity.arrivedAfter(after)).filter((batch) => !seen.has(batch.batch_id)));
    if (batches.length === 0) return undefined;
    await this.directory.refresh();
    const arrived = await this.activity.ofBatches(batches);
    const watches = await this.watchKeys(arrived);
    const changes = await this.judgeAll(arrived, watches);
    return await this.commit(progress, batches, watches, changes, after) ? changes.length : 0;
  }

  private async watchKeys(arrived: readonly CallerActivity[]): Promise<WatchedKey[]> {
    const byKey = groupBy(arrived.filter((group) => group.key_id !== ''), (group) => `${group.workspace_id} ${group.key_id}`);
    const names = [...byKey.values()].map(([group]) => ({ workspace_id: group!.workspace_id, key_id: group!.key_id }));
    const known = new Map((await this.progress.watches(names)).map((row) => [`${row.workspace_id} ${row.key_id}`, row.state]));
    return [...byKey].map(([key, activity]) => {
      const { workspace_id, key_id } = activity[0]!;
      return { workspace_id, key_id, activity, watched: watchActivity(known.get(key) ?? newKeyWatch(activity), activity) };
    });
  }

  private async judgeAll(arrived: readonly CallerActivity[], watches: readonly WatchedKey[]): Promise<Change[]> {
    const changes: Change[] = [];
    for (const one of watches) {
      const registered = this.directory.findIn(one.workspace_id, one.key_id);
      let goingOn: KnownFinding[] = [];
      const drafts = await this.judge.judgeKey({ ...one, registered }, async (from) => {
        goingOn = await this.findings.goingOn(one.workspace_id, one.key_id, from);
        return goingOn;
      });
      changes.push(...drafts.map((draft) => ({ draft, story: findStory(draft, goingOn) })));
    }
    for (const [workspace, activity] of groupBy(arrived, (group) => group.workspace_id)) {
      let goingOn: KnownFinding[] = [];
      const drafts = await this.judge.judgeCallers(workspace, activity, async (from) => {
        goingOn = await this.findings.goingOn(workspace, '', from);
        return goingOn;
      });
      changes.push(...drafts.map((draft) => ({ draft, story: findStory(draft, goingOn) })));
    }
    return changes;
  }

  private async commit(progress: Progress | undefined, batches: ArrivedBatch[], watches: WatchedKey[], changes: Change[], after: number): Promise<boolean> {
    const to = Math.max(progress?.ingested_at ?? 0, ...batches.map((batch) => batch.ingested_at));
    return this.database.transaction().execute(async (transaction) => {
      if (!await this.progress.advance(transaction, progress, to, batches, after - LATE_VISIBLE_MS)) return false;
      const states = watches.map(({ workspace_id, key_id, watched }): KeyName & { state: KeyWatch } => ({ workspace_id, key_id, state: watched.watch }));
      await this.progress.keepWatches(transaction, states, this.clock.date());
      for (const { draft, story } of changes) {
        if (story === undefined) {
          await this.findings.add(transaction, draft);
          this.metrics.findings.inc({ rule: draft.rule_id });
          continue;
        }
        const grown = mergeFinding(story, draft);
        if (hasGrown(story, grown)) await this.findings.extend(transaction, grown);
      }
      return true;
    });
  }
}

interface WatchedKey extends KeyName {
  activity: CallerActivity[];
  watched: ReturnType<typeof watchActivity>;
}

function someOf(batches: readonly ArrivedBatch[]): ArrivedBatch[] {
  let groups = 0;
  return batches.filter((batch, index) => {
    groups += batch.groups;
    return index === 0 || groups <= GROUPS_A_STEP;
  });
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
