import { Injectable } from '@nestjs/common';
import { RecurringJob, JobSchedule } from '@keytrail/platform';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Correlation } from './correlation.service.js';

/** Correlates every second. */
@Injectable()
export class CorrelationJob extends RecurringJob {
  constructor(private readonly correlation: Correlation, scheduler: SchedulerRegistry, schedule: JobSchedule) {
    super('correlation', schedule.correlationMs, scheduler);
  }

  protected override async run(): Promise<void> {
    await this.correlation.correlatePending();
  }
}
