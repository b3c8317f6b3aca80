import { Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { JobSchedule, RecurringJob } from '@keytrail/platform';
import { Overlaps } from './overlaps.service.js';

/** Looks after overlaps: completes, extends and warns. */
@Injectable()
export class OverlapJob extends RecurringJob {
  constructor(private readonly overlaps: Overlaps, scheduler: SchedulerRegistry, schedule: JobSchedule) {
    super('overlaps', schedule.overlapMs, scheduler);
  }

  override async run(): Promise<void> {
    const failed = await this.overlaps.lookAfterAll(this.isStopping);
    for (const { id, error } of failed) this.logger.error(`the overlap of ${id} could not be looked after`, error instanceof Error ? error.stack : undefined);
  }
}
