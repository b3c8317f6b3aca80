import { Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Clock, JobSchedule, RecurringJob } from '@keytrail/platform';
import { Detection } from './detection.service.js';
import { Sweep } from './sweep.service.js';

const SWEEP_EVERY_MS = 60_000;

/** Judges what arrived, every second, and once a minute what did not happen. */
@Injectable()
export class DetectionJob extends RecurringJob {
  private sweptAt = -Infinity;

  constructor(
    private readonly detection: Detection, private readonly sweep: Sweep, private readonly clock: Clock, scheduler: SchedulerRegistry, schedule: JobSchedule,
  ) {
    super('detection', schedule.detectionMs, scheduler);
  }

  protected override async run(): Promise<void> {
    await this.detection.tick(this.isStopping);
    const now = this.clock.now();
    if (this.isStopping() || Math.abs(now - this.sweptAt) < SWEEP_EVERY_MS) return;
    this.sweptAt = now;
    await this.sweep.run();
  }
}
