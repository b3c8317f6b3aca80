import { Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { sql } from 'kysely';
import { ReadinessChecks } from '@keytrail/platform';
import { Changes } from './changes.service.js';
import { Database } from './database.js';
import { RetentionJob } from './retention.job.js';

/** Lends an open database to the process and closes it at the end. */
@Module({})
export class PostgresModule implements OnApplicationShutdown {
  constructor(private readonly database: Database, readiness: ReadinessChecks) {
    readiness.register('postgres', async () => {
      await sql`SELECT 1`.execute(database);
    });
  }

  static forRoot(database: Database): DynamicModule {
    return { module: PostgresModule, global: true, providers: [{ provide: Database, useValue: database }, Changes, RetentionJob], exports: [Changes, Database, RetentionJob] };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.database.destroy();
  }
}
