import { Injectable } from '@nestjs/common';
import type { IncidentChange } from '@keytrail/contracts';
import { IncidentBriefs } from '@keytrail/incidents';
import { Clock, newId } from '@keytrail/platform';
import { Database, type Executor } from '@keytrail/postgres';
import { AlertingSettings } from './alerting.settings.js';
import { fanOut } from './fan-out.js';
import { applyPlan, changesWait, destinations, lockFanOut, markFannedOut, pendingChanges, runningSilences, toldOf, type ChangeRow } from './outbox.store.js';

const CHANGES_A_TIME = 100;

/** Makes a notification of each change of an incident for each channel that is to be told. */
@Injectable()
export class FanOut {
  constructor(
    private readonly database: Database, private readonly briefs: IncidentBriefs, private readonly clock: Clock, private readonly settings: AlertingSettings,
  ) {}

  /** Works off everything that waits, unless another process does. Returns the number of changes. */
  async run(isStopping: () => boolean = () => false): Promise<number> {
    for (let total = 0; ;) {
      if (isStopping() || !await changesWait(this.database)) return total;
      await this.briefs.refresh();
      const done = await this.database.transaction().execute((transaction) => this.some(transaction));
      total += done;
      if (done < CHANGES_A_TIME) return total;
    }
  }

  private async some(transaction: Executor): Promise<number> {
    if (!await lockFanOut(transaction)) return 0;
    const now = this.clock.date();
    const changes = await pendingChanges(transaction, CHANGES_A_TIME);
    if (changes.length === 0) return 0;
    const channels = await destinations(transaction);
    if (channels.length > 0) {
      const briefs = await this.briefs.of(transaction, changes.map(({ snapshot }) => snapshot));
      const plan = fanOut(changes.map((row, index) => ({ change: presentChange(row), brief: briefs[index]! })), {
        destinations: channels, silences: await runningSilences(transaction, now), told: await toldOf(transaction, [...new Set(changes.map(({ incident_id }) => incident_id))]),
        publicUrl: this.settings.publicUrl, now, newId: () => newId('dlv'),
      });
      await applyPlan(transaction, plan, now);
    }
    await markFannedOut(transaction, changes.map(({ change_id }) => change_id), now);
    return changes.length;
  }
}

const presentChange = ({ change_id, kind, at, was }: ChangeRow): IncidentChange => ({ change_id, kind, at: at.toISOString(), was });
