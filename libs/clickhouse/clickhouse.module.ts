import { Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { ReadinessChecks } from '@keytrail/platform';
import { ClickHouse } from './clickhouse.js';

/** Lends an open ClickHouse to the process and closes it at the end. */
@Module({})
export class ClickHouseModule implements OnApplicationShutdown {
  constructor(private readonly clickhouse: ClickHouse, readiness: ReadinessChecks) {
    readiness.register('clickhouse', async () => {
      await clickhouse.select('SELECT 1 AS up');
    });
  }

  static forRoot(clickhouse: ClickHouse): DynamicModule {
    return { module: ClickHouseModule, global: true, providers: [{ provide: ClickHouse, useValue: clickhouse }], exports: [ClickHouse] };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.clickhouse.close();
  }
}
