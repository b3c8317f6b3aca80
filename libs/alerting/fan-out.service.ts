import { Injectable } from '@nestjs/common';
import type { IncidentChange } from '@keytrail/contracts';
import { IncidentBriefs, type IncidentBrief } from '@keytrail/incidents';
import { Clock, newId } from '@keytrail/platform';
import { Database, type Executor } from '@keytrail/postgres';
import type { Destination, Surroundings } from './alert-plan.js';
import { AlertingSettings } from './alerting.settings.js';
import { fanOut } from './fan-out.js';
import { followUp } from './follow-up.js';
import { groupKey } from './group.js';
import { applyPlan, changesWait, destinations, groupsOf, markFannedOut, pendingChanges, runningSilences, toldOf, tryLockFanOut, type ChangeRow } from './outbox.store.js';
import { dueStandings, standingsOf } from './standings.store.js';

const CHANGES_A_TIME = 100;
const STANDINGS_A_TIME = 100;

/** Makes notifications: of each change of an incident for each channel that is to be told, and of what is to be told though nothing changed. */
@Injectable()
export class FanOut {
  constructor(
    private readonly database: Database, private readonly briefs: IncidentBriefs, private readonly clock: Clock, private readonly settings: AlertingSettings,
  ) {}

  /** Works off every change that waits, unless another process does. Returns their number. */
  async run(isStopping: () => boolean = () => false): Promise<number> {
    return this.untilDone(isStopping, CHANGES_A_TIME, () => changesWait(this.database), (transaction) => this.someChanges(transaction));
  }

  /** Looks at what has to be looked at by now: what silences held back until now, and what nobody has taken up. Returns how many. */
  async followUp(isStopping: () => boolean = () => false): Promise<number> {
    return this.untilDone(isStopping, STANDINGS_A_TIME, async () => (await dueStandings(this.database, this.clock.date(), 1)).length > 0, (transaction) => this.someStandings(transaction));
  }

  private async untilDone(isStopping: () => boolean, most: number, waits: () => Promise<boolean>, work: (transaction: Executor) => Promise<number>): Promise<number> {
    for (let total = 0; ;) {
      if (isStopping() || !await waits()) return total;
      await this.briefs.refresh();
      const done = await this.database.transaction().execute(async (transaction) => (await tryLockFanOut(transaction) ? work(transaction) : 0));
      total += done;
      if (done < most) return total;
    }
  }

  private async someChanges(transaction: Executor): Promise<number> {
    const now = this.clock.date();
    const changes = await pendingChanges(transaction, CHANGES_A_TIME);
    if (changes.length === 0) return 0;
    const channels = await destinations(transaction);
    if (channels.length > 0) {
      const briefs = await this.briefs.of(transaction, changes.map(({ snapshot }) => snapshot));
      const plan = fanOut(changes.map((row, index) => ({ change: presentChange(row), brief: briefs[index]! })), {
        destinations: channels, silences: await runningSilences(transaction, now), ...await this.surroundings(transaction, briefs, channels, now),
      });
      await applyPlan(transaction, plan, now);
    }
    await markFannedOut(transaction, changes.map(({ change_id }) => change_id), now);
    return changes.length;
  }

  private async someStandings(transaction: Executor): Promise<number> {
    const now = this.clock.date();
    const due = await dueStandings(transaction, now, STANDINGS_A_TIME);
    if (due.length === 0) return 0;
    const channels = await destinations(transaction);
    const briefs = await this.briefs.current(transaction, due.map(({ incident_id }) => incident_id));
    const plan = followUp(due, {
      destinations: channels, silences: await runningSilences(transaction, now), briefs, ...await this.surroundings(transaction, [...briefs.values()], channels, now), standings: due,
    });
    await applyPlan(transaction, plan, now);
    return due.length;
  }

  private async surroundings(transaction: Executor, briefs: readonly IncidentBrief[], channels: readonly Destination[], now: Date): Promise<Surroundings> {
    const ids = [...new Set(briefs.map(({ incident: { incident_id } }) => incident_id))];
    const grouping = channels.flatMap(({ routes }) => routes).filter(({ group_by }) => group_by !== null);
    const groups = grouping.flatMap((route) => briefs.flatMap(({ incident }) => {
      const group_key = groupKey(route, incident);
      return group_key === undefined ? [] : [{ channel_id: route.channel_id, group_key }];
    }));
    return {
      told: ids.length === 0 ? [] : await toldOf(transaction, ids), standings: ids.length === 0 ? [] : await standingsOf(transaction, ids), groups: await groupsOf(transaction, groups),
      publicUrl: this.settings.publicUrl, now, newId: () => newId('dlv'),
    };
  }
}

const presentChange = ({ change_id, kind, at, was }: ChangeRow): IncidentChange => ({ change_id, kind, at: at.toISOString(), was });
