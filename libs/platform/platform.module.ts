import { Module, type DynamicModule } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { Clock, SystemClock } from './clock.js';
import { HealthController, ReadinessChecks } from './http/health.controller.js';
import { Metrics } from './metrics.js';
import { JobSchedule } from './recurring-job.js';
import { Secrets } from './secrets.js';

export interface PlatformOptions {
  secrets: Secrets;
  clock?: Clock;
  schedule?: JobSchedule;
}

/** What every process has: a clock, metrics, readiness, derived keys. */
@Module({})
export class PlatformModule {
  static forRoot(options: PlatformOptions): DynamicModule {
    const providers = [
      { provide: Clock, useValue: options.clock ?? new SystemClock() },
      { provide: Secrets, useValue: options.secrets },
      { provide: Metrics, useFactory: () => new Metrics() },
      { provide: JobSchedule, useValue: options.schedule ?? new JobSchedule() },
      ReadinessChecks,
    ];
    return {
      module: PlatformModule, global: true, imports: [ScheduleModule.forRoot()], controllers: [HealthController], providers,
      exports: [Clock, Secrets, Metrics, ReadinessChecks, JobSchedule],
    };
  }
}
