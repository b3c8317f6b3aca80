import { Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Clock, JobSchedule, RecurringJob } from '@keytrail/platform';
import { Database } from './database.js';

const DAY_MS = 24 * 60 * 60_000;

/** A repeated call or batch comes within hours; after this its Idempotency-Key is forgotten. */
const IDEMPOTENCY_DAYS = 7;
const DEAD_LETTER_DAYS = 90;
/** Whoever follows the feed of keys and was away for longer starts anew. */
const KEY_EVENT_DAYS = 30;
/** A year and a month: a yearly review sees all of the year before. The audit trail keeps what opened and ended for good. */
const ENDED_VIOLATION_DAYS = 396;
/** Notifications that came to their end, and what became of incidents once everybody was told. */
const ALERT_DAYS = 90;
const INCIDENT_CHANGE_DAYS = 30;
/** Whoever follows incidents and findings and was away for longer asks for the lists anew. */
const LIVE_CHANGE_DAYS = 7;
/** Sessions that are over, for whoever looks into them. */
const SESSION_DAYS = 30;

/** Deletes what is kept for a while only. The audit trail, findings and incidents stay. */
@Injectable()
export class RetentionJob extends RecurringJob {
  constructor(private readonly database: Database, private readonly clock: Clock, scheduler: SchedulerRegistry, schedule: JobSchedule) {
    super('retention', schedule.retentionMs, scheduler);
  }

  override async run(): Promise<void> {
    const before = (days: number) => new Date(this.clock.now() - days * DAY_MS);
    await this.database.deleteFrom('idempotent_calls').where('created_at', '<', before(IDEMPOTENCY_DAYS)).execute();
    await this.database.deleteFrom('intake_batches').where('created_at', '<', before(IDEMPOTENCY_DAYS)).execute();
    await this.database.deleteFrom('dead_letters').where('received_at', '<', before(DEAD_LETTER_DAYS)).execute();
    await this.database.deleteFrom('policy_violations').where('ended_at', '<', before(ENDED_VIOLATION_DAYS)).execute();
    await this.database.deleteFrom('alert_deliveries').where('created_at', '<', before(ALERT_DAYS)).where('state', '<>', 'pending').execute();
    await this.database.deleteFrom('incident_changes').where('fanned_out_at', '<', before(INCIDENT_CHANGE_DAYS)).execute();
    await this.database.deleteFrom('sessions').where('expires_at', '<', before(SESSION_DAYS)).execute();
    await this.database.with('gone', (db) => db.deleteFrom('key_events').where('at', '<', before(KEY_EVENT_DAYS)).returning('position'))
      .updateTable('key_feed').set(({ fn, ref, selectFrom }) => ({
        forgotten_until: fn<number>('greatest', [ref('forgotten_until'), selectFrom('gone').select(({ fn: { max } }) => max('position').as('last'))]),
      })).execute();
    await this.database.with('gone', (db) => db.deleteFrom('live_changes').where('at', '<', before(LIVE_CHANGE_DAYS)).returning('position'))
      .updateTable('live_feed').set(({ fn, ref, selectFrom }) => ({
        forgotten_until: fn<number>('greatest', [ref('forgotten_until'), selectFrom('gone').select(({ fn: { max } }) => max('position').as('last'))]),
      })).execute();
  }
}
