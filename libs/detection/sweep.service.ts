import { Injectable } from '@nestjs/common';
import { DEFAULT_WORKSPACE } from '@keytrail/credentials';
import { Clock } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { CallerActivityStore } from './caller-activity.store.js';
import { FindingStore } from './finding.store.js';
import { Judge } from './judge.service.js';
import { AWAY_MS, heardFrom } from './log-sources.js';
import { RegistryEventStore } from './registry-events.store.js';
import { groupBy } from './slices.js';
import { Silences } from './silences.service.js';
import { StepFindings } from './step-findings.js';
import { SweepStore } from './sweep.store.js';

/** A source that was silent for so long is gone. */
const FORGET_SOURCE_MS = 30 * 24 * 3_600_000;

/** What was done to keys is read again for this long: it is stamped before it is committed, and by another clock. It makes no second finding. */
const LATE_COMMIT_MS = 10 * 60_000;

/**
 * Rules that no request sets off: what did not happen, and what the registry's policies found. Looks once a minute; its cost follows the
 * arrivals since the last look, open violations and leaks. Findings and progress commit in one transaction.
 */
@Injectable()
export class Sweep {
  constructor(
    private readonly database: Database, private readonly store: SweepStore, private readonly findings: FindingStore, private readonly judge: Judge,
    private readonly activity: CallerActivityStore, private readonly registry: RegistryEventStore, private readonly silences: Silences, private readonly clock: Clock,
  ) {}

  async run(): Promise<void> {
    const before = await this.store.progress();
    // Arrivals are stamped by their store, which has a clock of its own.
    const now = await this.activity.now();
    await this.judge.refresh();
    const known = await this.store.sources();
    const sources = heardFrom(known, await this.store.arrivals(before?.at ?? now - AWAY_MS, now), now, before === undefined || now - before.at > AWAY_MS);
    const since = new Date((before?.at ?? now) - LATE_COMMIT_MS);
    const drafts = [
      ...(await this.registry.endingOverlaps(this.clock.now(), DEFAULT_WORKSPACE)).flatMap((overlap) => this.judge.judgeOverlap(overlap, this.clock.now())),
      ...(await this.registry.madeForSuspects(since, DEFAULT_WORKSPACE)).flatMap((made) => this.judge.judgeNewKey(made)),
      ...(await this.registry.scopeChanges(since, DEFAULT_WORKSPACE)).flatMap((change) => this.judge.judgeScopes(change)),
      ...(await this.store.uncontainedLeaks(DEFAULT_WORKSPACE, this.clock.date())).flatMap((leak) => this.judge.judgeLeak(leak, this.clock.now())),
      ...(await this.store.openViolations(DEFAULT_WORKSPACE)).flatMap((of) => this.judge.judgeViolations(of)),
      ...await this.silences.find(now),
      ...[...groupBy(sources, ({ workspace_id }) => workspace_id)].flatMap(([workspace, these]) => this.judge.judgeSources(workspace, these, now)),
    ];
    const latest = await this.findings.latestOf(drafts);
    const found = new StepFindings();
    for (const draft of drafts) {
      const { workspace_id, key_id } = draft;
      await found.goingOn(workspace_id, key_id, async () => latest.filter((finding) => finding.workspace_id === workspace_id && finding.key_id === key_id));
      found.take(draft);
    }
    await this.database.transaction().execute(async (transaction) => {
      if (!await this.store.advance(transaction, before, now)) return;
      await this.store.keepSources(transaction, sources, new Date(now - FORGET_SOURCE_MS));
      await this.findings.save(transaction, found.changes());
    });
  }
}
