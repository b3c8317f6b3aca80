import { Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Clock, JobSchedule, RecurringJob } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { PolicyChecks } from './policy-check.service.js';
import { claimCheck, releaseCheck } from './violation.store.js';

/** A process that starts, or takes over from one that ended, looks soon whether a check is due. */
const LOOK_EVERY_MS = 10_000;

/** Checks all keys against the policies as often as it is set; of several processes, the first to find it due. */
@Injectable()
export class PolicyJob extends RecurringJob {
  private readonly everyMs: number;

  constructor(
    private readonly checks: PolicyChecks, private readonly database: Database, private readonly clock: Clock, scheduler: SchedulerRegistry, schedule: JobSchedule,
  ) {
    super('policies', Math.min(schedule.policyMs, LOOK_EVERY_MS), scheduler);
    this.everyMs = schedule.policyMs;
  }

  override async run(): Promise<void> {
    if (!await claimCheck(this.database, this.clock.date(), this.everyMs)) return;
    try {
      await this.checks.checkAll(this.isStopping);
    } catch (error) {
      await releaseCheck(this.database).catch(() => undefined);
      throw error;
    }
  }
}
