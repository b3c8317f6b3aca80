import { Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { JobSchedule, RecurringJob, systemActor } from '@keytrail/platform';
import { RemoteContainments } from './remote-containment.service.js';

/** Goes on with containments at the key platform that failed there, or whose process died. */
@Injectable()
export class RemoteContainmentJob extends RecurringJob {
  constructor(private readonly containments: RemoteContainments, scheduler: SchedulerRegistry, schedule: JobSchedule) {
    super('remote-containments', schedule.keyPlatformMs, scheduler);
  }

  override async run(): Promise<void> {
    const failed = await this.containments.runDue(systemActor, this.isStopping);
    for (const { id, error } of failed) this.logger.error(`the containment ${id} could not be gone on with`, error instanceof Error ? error.stack : undefined);
  }
}
