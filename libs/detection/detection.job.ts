import { Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { JobSchedule, RecurringJob } from '@keytrail/platform';
import { Detection } from './detection.service.js';

/** Judges what arrived, every second. */
@Injectable()
export class DetectionJob extends RecurringJob {
  constructor(private readonly detection: Detection, scheduler: SchedulerRegistry, schedule: JobSchedule) {
    super('detection', schedule.detectionMs, scheduler);
  }

  protected override async run(): Promise<void> {
    await this.detection.tick(this.isStopping);
  }
}
