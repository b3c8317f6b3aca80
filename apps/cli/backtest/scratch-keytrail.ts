import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module, type DynamicModule, type INestApplicationContext, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClickHouseModule, openClickHouse } from '@keytrail/clickhouse';
import { CallerActivityStore, Detection, DetectionModule, FindingStore } from '@keytrail/detection';
import { JobSchedule, PlatformModule, Secrets } from '@keytrail/platform';
import { Database, PostgresModule } from '@keytrail/postgres';
import { CountryLookup, HistoryIntake, HistoryIntakeModule, RequestLogsModule, openCountryLookup } from '@keytrail/request-logs';

@Module({})
class ScratchModule {}

/** Intake and detection as they run live, on embedded stores that are gone when it closes. */
export interface ScratchKeytrail {
  intake: HistoryIntake;
  detection: Detection;
  activity: CallerActivityStore;
  findings: FindingStore;
  close(): Promise<void>;
}

/** Opens the stores in a directory of their own among the temporary ones. */
export async function openScratchKeytrail(logger: LoggerService): Promise<ScratchKeytrail> {
  const directory = await mkdtemp(join(tmpdir(), 'keytrail-backtest-'));
  // A reader that leaves (`| head`) ends the process with no time for anything else.
  const removeNow = () => rmSync(directory, { recursive: true, force: true });
  process.once('exit', removeNow);
  let context: INestApplicationContext | undefined;
  const close = async () => {
    await context?.close();
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    process.off('exit', removeNow);
  };
  try {
    context = await NestFactory.createApplicationContext(await compose(directory), { logger, abortOnError: false });
  } catch (error) {
    await close();
    throw error;
  }
  const get = <T>(type: abstract new (...args: never[]) => T): T => context!.get(type, { strict: false });
  return { intake: get(HistoryIntake), detection: get(Detection), activity: get(CallerActivityStore), findings: get(FindingStore), close };
}

async function compose(directory: string): Promise<DynamicModule> {
  const countries = new CountryLookup(await openCountryLookup());
  const database = await Database.open({ directory: join(directory, 'postgres') });
  const clickhouse = await openClickHouse({ directory: join(directory, 'clickhouse') }).catch(async (error: unknown) => {
    await database.destroy();
    throw error;
  });
  return {
    module: ScratchModule,
    imports: [
      // Fingerprints of this run can be compared with nothing outside of it, and so give nothing away.
      PlatformModule.forRoot({ secrets: new Secrets(randomBytes(32)), schedule: JobSchedule.off }),
      PostgresModule.forRoot(database), ClickHouseModule.forRoot(clickhouse),
      RequestLogsModule.forRoot(countries), HistoryIntakeModule, DetectionModule,
    ],
  };
}
