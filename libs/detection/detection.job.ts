import { Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Clock, JobSchedule, RecurringJob } from '@keytrail/platform';
import { Detection } from './detection.service.js';
import { LiveMemory } from './live-memory.service.js';
import { Sweep } from './sweep.service.js';

const SWEEP_EVERY_MS = 60_000;
const FORGET_EVERY_MS = 6 * 60 * 60_000;

/** Judges what arrived, every second, and once a minute what did not happen. */
@Injectable()
export class DetectionJob extends RecurringJob {
  private sweptAt = -Infinity;
  private forgotAt = -Infinity;

  constructor(
    private readonly detection: Detection, private readonly sweep: Sweep, private readonly memory: LiveMemory, private readonly clock: Clock, scheduler: SchedulerRegistry, schedule: JobSchedule,
  ) {
    super('detection', schedule.detectionMs, scheduler);
  }

  override async beforeApplicationShutdown(): Promise<void> {
    await super.beforeApplicationShutdown();
    await this.detection.writeAll().catch((error: unknown) => this.logger.warn(`what is remembered of keys was not written down: ${error instanceof Error ? error.message : ''}`));
  }

  protected override async run(): Promise<void> {
    await this.detection.tick(this.isStopping);
    const now = this.clock.now();
    if (this.isStopping() || Math.abs(now - this.sweptAt) < SWEEP_EVERY_MS) return;
    this.sweptAt = now;
    await this.sweep.run();
    if (Math.abs(now - this.forgotAt) < FORGET_EVERY_MS) return;
    this.forgotAt = now;
    await this.memory.forgetUnseen();
  }
}
