import { Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { JobSchedule, RecurringJob } from '@keytrail/platform';
import { KeyPlatform } from './key-platform.js';
import { KeySync } from './key-sync.service.js';
import { PlatformFailure } from './platform-failure.js';

/** Reads the keys of the key platform now and then. */
@Injectable()
export class KeySyncJob extends RecurringJob {
  constructor(private readonly sync: KeySync, platform: KeyPlatform, scheduler: SchedulerRegistry, schedule: JobSchedule) {
    super('key-sync', schedule.keyPlatformMs === 0 ? 0 : platform.settings.syncMs, scheduler);
  }

  override async run(): Promise<void> {
    try {
      await this.sync.run(this.isStopping);
    } catch (error) {
      if (!(error instanceof PlatformFailure)) throw error;
      this.logger.warn(`the keys of the key platform could not be read: ${error.message}`);
    }
  }
}
