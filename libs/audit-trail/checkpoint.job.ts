import { Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Clock, JobSchedule, RecurringJob } from '@keytrail/platform';
import { Checkpoints } from './checkpoints.service.js';

/** How close to its minute a checkpoint comes. */
const LOOK_EVERY_MS = 1_000;
const AFTER_FAILURE_MS = 10_000;

/** Signs a checkpoint every minute, also when nothing happened; of several processes, the first to find it due. */
@Injectable()
export class CheckpointJob extends RecurringJob {
  private next = 0;
  private readonly everyMs: number;

  constructor(private readonly checkpoints: Checkpoints, private readonly clock: Clock, scheduler: SchedulerRegistry, schedule: JobSchedule) {
    super('audit-checkpoint', Math.min(schedule.checkpointMs, LOOK_EVERY_MS), scheduler);
    this.everyMs = schedule.checkpointMs;
  }

  protected override async run(): Promise<void> {
    const now = this.clock.now();
    // A clock that was set back must not keep the next one away.
    if (now < this.next && this.next - now <= this.everyMs) return;
    this.next = now + Math.min(AFTER_FAILURE_MS, this.everyMs);
    const { body } = await this.checkpoints.signWhenDue(this.everyMs);
    this.next = Math.min(Date.parse(body.at), now) + this.everyMs;
  }
}
