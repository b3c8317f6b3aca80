import { Injectable } from '@nestjs/common';
import { IncidentBriefs } from '@keytrail/incidents';
import { Clock } from '@keytrail/platform';
import { Database, type Executor } from '@keytrail/postgres';
import { newStanding } from './alert-plan.js';
import { isClosed, withChange } from './event.js';
import { lockFanOut, runningSilences } from './outbox.store.js';
import { silencedUntil } from './routing.js';
import { markApplied, silencesToApply, silenceDeliveries, waitingDeliveries } from './silences.store.js';
import { lookAtWhatIsOwed, saveStandings, standingsOf } from './standings.store.js';

const DELIVERIES_A_TIME = 500;

/** What silences do with notifications that wait already when they begin, and with what they held back when they are ended. */
@Injectable()
export class HeldBack {
  constructor(private readonly database: Database, private readonly briefs: IncidentBriefs, private readonly clock: Clock) {}

  /** For silences that have begun since it was last asked. */
  async run(): Promise<void> {
    if (!await silencesToApply(this.database, this.clock.date())) return;
    await this.database.transaction().execute((transaction) => this.apply(transaction));
  }

  /** What nobody has begun to send of incidents that are silenced by now is not sent; the channel is owed it. */
  async apply(transaction: Executor): Promise<void> {
    await lockFanOut(transaction);
    const now = this.clock.date();
    const silences = await runningSilences(transaction, now);
    for (let after: number | undefined = 0; after !== undefined;) {
      const waiting = await waitingDeliveries(transaction, { after, limit: DELIVERIES_A_TIME });
      if (waiting.length === 0) break;
      const briefs = await this.briefs.current(transaction, waiting.map(({ incident_id }) => incident_id!));
      const standings = new Map((await standingsOf(transaction, [...briefs.keys()])).map((one) => [`${one.channel_id} ${one.incident_id}`, one]));
      const changed = new Set<string>();
      const held: string[] = [];
      for (const { delivery_id, channel_id, incident_id, event } of waiting) {
        const incident = briefs.get(incident_id!)?.incident;
        const until = incident === undefined || isClosed(incident) ? undefined : silencedUntil(silences, incident, now);
        if (until === undefined) continue;
        const name = `${channel_id} ${incident_id!}`;
        const standing = standings.get(name) ?? newStanding(channel_id, incident_id!);
        standings.set(name, { ...standing, owed: event.data.changes.reduce(withChange, standing.owed), look_at: until });
        changed.add(name);
        held.push(delivery_id);
      }
      await silenceDeliveries(transaction, held);
      await saveStandings(transaction, [...changed].map((name) => standings.get(name)!));
      after = waiting.length < DELIVERIES_A_TIME ? undefined : waiting.at(-1)!.position;
    }
    await markApplied(transaction, now);
  }

  /** A silence was ended: nobody who passes changes on may still count on it. */
  async release(transaction: Executor): Promise<void> {
    await lockFanOut(transaction);
    await lookAtWhatIsOwed(transaction, this.clock.date());
  }
}
