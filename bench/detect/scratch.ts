import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClickHouse, ClickHouseModule, openClickHouse } from '@keytrail/clickhouse';
import { Detection, DetectionModule, LiveMemory } from '@keytrail/detection';
import { AppLogger, JobSchedule, PlatformModule, Secrets } from '@keytrail/platform';
import { Database, PostgresModule } from '@keytrail/postgres';

@Module({})
class ScratchModule {}

/** Detection alone, on stores of its own: nothing else runs beside what is measured. */
export interface Scratch {
  detection: Detection;
  memory: LiveMemory;
  clickhouse: ClickHouse;
  database: Database;
  close(): Promise<void>;
}

/** `postgres`: a database of its own on a server; empty = embedded. */
export async function openScratch(postgres: string): Promise<Scratch> {
  const directory = await mkdtemp(join(tmpdir(), 'keytrail-bench-'));
  const database = await Database.open(postgres === '' ? { directory: join(directory, 'postgres') } : { url: postgres });
  const clickhouse = await openClickHouse({ directory: join(directory, 'clickhouse') });
  const context: INestApplicationContext = await NestFactory.createApplicationContext({
    module: ScratchModule,
    imports: [
      PlatformModule.forRoot({ secrets: new Secrets(randomBytes(32)), schedule: JobSchedule.off }), PostgresModule.forRoot(database), ClickHouseModule.forRoot(clickhouse),
      DetectionModule,
    ],
  }, { logger: new AppLogger({ json: false, quiet: true }), abortOnError: false });
  return {
    detection: context.get(Detection, { strict: false }), memory: context.get(LiveMemory, { strict: false }), clickhouse, database,
    async close() {
      await context.close();
      await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
