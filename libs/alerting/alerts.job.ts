import { Injectable } from '@nestjs/common';
import { JobSchedule, RecurringJob } from '@keytrail/platform';
import { SchedulerRegistry } from '@nestjs/schedule';
import { ChannelHealth } from './channel-health.service.js';
import { AlertSecrets } from './channel-secrets.service.js';
import { FanOut } from './fan-out.service.js';
import { HeldBack } from './held-back.service.js';
import { AlertSender } from './sender.service.js';

const LOOK_AFTER_CHANNELS_EVERY_MS = 10_000;

/** Passes changes of incidents on and sends what is due, several times a second. */
@Injectable()
export class AlertsJob extends RecurringJob {
  private lookedAfter = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly fanOut: FanOut, private readonly heldBack: HeldBack, private readonly sender: AlertSender, private readonly health: ChannelHealth, private readonly secrets: AlertSecrets,
    scheduler: SchedulerRegistry, schedule: JobSchedule,
  ) {
    super('alerts', schedule.alertsMs, scheduler);
  }

  protected override async run(): Promise<void> {
    await this.heldBack.run();
    await this.fanOut.run(this.isStopping);
    await this.fanOut.followUp(this.isStopping);
    await this.sender.begin();
    if (performance.now() - this.lookedAfter < LOOK_AFTER_CHANNELS_EVERY_MS) return;
    this.lookedAfter = performance.now();
    await this.lookAfterChannels();
  }

  /** Everything that is due, to its end. For those who do not wait for the schedule. */
  async runToTheEnd(): Promise<void> {
    for (let busy = true; busy;) {
      await this.heldBack.run();
      const passedOn = await this.fanOut.run() + await this.fanOut.followUp();
      const begun = await this.sender.begin();
      await this.sender.settled();
      busy = passedOn + begun > 0;
    }
  }

  async lookAfterChannels(): Promise<void> {
    await this.health.openIncidents();
    await this.secrets.rewrap();
  }
}
