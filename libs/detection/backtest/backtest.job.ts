import { Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { JobSchedule, RecurringJob } from '@keytrail/platform';
import { BacktestQueue } from './backtest-queue.service.js';

/** Looked for as often as something new is judged. */
@Injectable()
export class BacktestJob extends RecurringJob {
  constructor(private readonly queue: BacktestQueue, scheduler: SchedulerRegistry, schedule: JobSchedule) {
    super('backtests', schedule.detectionMs, scheduler);
  }

  protected override async run(): Promise<void> {
    await this.queue.runNext(this.isStopping);
  }
}
