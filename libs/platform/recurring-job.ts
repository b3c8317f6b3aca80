import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { SchedulerRegistry } from '@nestjs/schedule';

/** How often scheduled work runs, in milliseconds; 0 = never by itself. */
export class JobSchedule {
  constructor(
    readonly detectionMs = 1_000, readonly correlationMs = 500, readonly retentionMs = 3_600_000, readonly checkpointMs = 60_000,
    readonly overlapMs = 30_000, readonly policyMs = 300_000, readonly keyPlatformMs = 5_000, readonly alertsMs = 200, readonly ownersMs = 60_000,
  ) {}

  /** For processes and tests that start the work themselves. */
  static readonly off = new JobSchedule(0, 0, 0, 0, 0, 0, 0, 0, 0);

  /** The usual schedule, but for how often keys are checked against policies. */
  static withPoliciesEvery(policyMs: number): JobSchedule {
    return new JobSchedule(undefined, undefined, undefined, undefined, undefined, policyMs);
  }
}

/**
 * Work that comes again and again. A run that takes longer than the interval is not overtaken by the next; one that fails is reported
 * and tried again at the next turn; stopping waits for the run at hand.
 */
export abstract class RecurringJob implements OnApplicationBootstrap, BeforeApplicationShutdown {
  protected readonly logger: Logger;
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(private readonly name: string, private readonly intervalMs: number, private readonly scheduler: SchedulerRegistry) {
    this.logger = new Logger(name);
  }

  /** Long work looks here now and then: a stop waits for it. */
  protected readonly isStopping = (): boolean => this.stopped;

  protected abstract run(): Promise<void>;

  onApplicationBootstrap(): void {
    if (this.intervalMs > 0) this.scheduler.addInterval(this.name, setInterval(() => void this.turn(), this.intervalMs));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  private async turn(): Promise<void> {
    if (this.running !== undefined || this.stopped) return;
    this.running = this.run()
      .catch((error: unknown) => this.logger.error('a run failed', error instanceof Error ? error.stack : undefined))
      .finally(() => {
        this.running = undefined;
      });
    await this.running;
  }
}
