import { Injectable } from '@nestjs/common';
import { Metrics } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { CallerActivityStore } from './caller-activity.store.js';
import { FindingStore } from './finding.store.js';
import { LiveMemory } from './live-memory.service.js';
import { ProgressStore, type Progress } from './progress.store.js';
import { Silences } from './silences.service.js';
import type { StepFindings } from './step-findings.js';
import { StepJudge, type StepMemory } from './step-judge.service.js';
import type { ArrivedBatch } from './arrived-batch.js';

/** How far before the cursor batches are looked for: an insert may become visible this long after its stamp. */
const LATE_VISIBLE_MS = 2 * 60_000;

/** Arrivals are kept this long; a detector that starts for the first time begins there. */
const KEPT_MS = 7 * 24 * 60 * 60_000;

/** Groups a step takes in at most (one larger batch still comes alone). */
const GROUPS_A_STEP = 50_000;

/**
 * Judges what arrived since the last time. A step reads some batches from ClickHouse, judges them, and commits findings and progress in one
 * transaction: a crash, or a stop in its middle, repeats the step; it neither skips nor doubles one. What is remembered of keys lies in memory.
 */
@Injectable()
export class Detection {
  private readonly stepMemory: StepMemory = {
    load: (keys) => this.memory.load(keys),
    firstSeen: (key) => this.memory.firstSeen(key),
    get: (key) => this.memory.get(key),
    put: (key, memory) => this.memory.put(key, memory),
    goingOn: (workspace, keyId, from) => this.findings.goingOn(workspace, keyId, from),
    between: (workspace, keyId, from, to) => this.findings.between(workspace, keyId, from, to),
  };

  constructor(
    private readonly database: Database, private readonly activity: CallerActivityStore, private readonly progress: ProgressStore,
    private readonly findings: FindingStore, private readonly memory: LiveMemory, private readonly judge: StepJudge, private readonly silences: Silences, private readonly metrics: Metrics,
  ) {}

  /** Works off everything that arrived, or what it can until `isStopping`. `onStep` is told how many groups each step judged. */
  async tick(isStopping: () => boolean = () => false, onStep: (groups: number) => void = () => undefined): Promise<void> {
    const stop = this.metrics.tickSeconds.startTimer();
    while (!isStopping() && await this.step(isStopping, onStep));
    await this.memory.writeChangedBefore();
    stop();
  }

  /** Writes down all that is remembered, so that the next start has nothing to judge again. */
  async writeAll(): Promise<void> {
    await this.memory.writeChangedBefore(Infinity);
  }

  /** false: nothing is left. */
  private async step(isStopping: () => boolean, onStep: (groups: number) => void): Promise<boolean> {
    const progress = await this.progress.read();
    const now = await this.activity.now();
    // A store whose clock was set back stamps new arrivals before the cursor.
    const after = Math.min(progress?.ingested_at ?? now - KEPT_MS, now) - LATE_VISIBLE_MS;
    const seen = await this.progress.seenAfter(after);
    const batches = someOf(await this.activity.unseenAfter(after, seen));
    this.metrics.detectionLag.set(Math.max(0, ...batches.map((batch) => now - batch.ingested_at)) / 1_000);
    if (batches.length === 0) return false;
    await this.judge.refresh();
    const arrived = await this.activity.ofBatches(batches);
    let isDone = false;
    try {
      if (!await this.memory.catchUp(progress, isStopping)) return false;
      const found = await this.judge.judgeStep({ batch_ids: batches.map(({ batch_id }) => batch_id) }, arrived, this.stepMemory, isStopping);
      if (found === undefined) return false;
      isDone = await this.commit(progress, batches, found, arrived.length, after);
    } finally {
      if (isDone) this.memory.committed();
      else this.memory.forget();
    }
    this.silences.hear(arrived, Math.max(...batches.map((batch) => batch.ingested_at)));
    onStep(arrived.length);
    return true;
  }

  /** false: another detector was faster. */
  private async commit(progress: Progress | undefined, batches: ArrivedBatch[], found: StepFindings, groups: number, after: number): Promise<boolean> {
    const to = Math.max(progress?.ingested_at ?? 0, ...batches.map((batch) => batch.ingested_at));
    return this.database.transaction().execute(async (transaction) => {
      const writtenUpTo = this.memory.choose(groups);
      if (!await this.progress.advance(transaction, progress, { to, batches, writtenUpTo, forgetBefore: after - LATE_VISIBLE_MS })) return false;
      await this.memory.write(transaction);
      await this.findings.save(transaction, found.changes());
      return true;
    });
  }
}

function someOf(batches: readonly ArrivedBatch[]): ArrivedBatch[] {
  let groups = 0;
  return batches.filter((batch, index) => {
    groups += batch.groups;
    return index === 0 || groups <= GROUPS_A_STEP;
  });
}
