import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module, type DynamicModule, type INestApplicationContext, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClickHouse, openClickHouse } from '@keytrail/clickhouse';
import { CallerActivityStore, Detection, DetectionModule, FindingStore, FolderRulesModule, Tuning, type AssumedSettings, type CustomRule } from '@keytrail/detection';
import { JobSchedule, PlatformModule, Secrets } from '@keytrail/platform';
import { Database, PostgresModule } from '@keytrail/postgres';
import { CountryLookup, HistoryIntake, HistoryIntakeModule, RequestLogsModule, openCountryLookup } from '@keytrail/request-logs';

@Module({})
class ScratchModule {}

/** Lends ClickHouse to several applications; who opened it closes it. */
@Module({})
class LentClickHouseModule {}

/** Intake and detection as they run live. */
export interface ScratchKeytrail {
  intake: HistoryIntake;
  detection: Detection;
  activity: CallerActivityStore;
  findings: FindingStore;
}

/** Embedded stores in a directory of their own among the temporary ones, gone when it closes. */
export class ScratchStores {
  private readonly contexts: INestApplicationContext[] = [];
  private readonly secrets = new Secrets(randomBytes(32));

  private constructor(
    private readonly directory: string, private readonly clickhouse: ClickHouse, private readonly countries: CountryLookup, private readonly logger: LoggerService,
    private readonly removeNow: () => void,
  ) {}

  static async open(logger: LoggerService): Promise<ScratchStores> {
    const directory = await mkdtemp(join(tmpdir(), 'keytrail-backtest-'));
    const removeNow = () => rmSync(directory, { recursive: true, force: true });
    // A reader that leaves (`| head`) ends the process with no time for anything else.
    process.once('exit', removeNow);
    try {
      const countries = new CountryLookup(await openCountryLookup());
      return new ScratchStores(directory, await openClickHouse({ directory: join(directory, 'clickhouse') }), countries, logger, removeNow);
    } catch (error) {
      removeNow();
      process.off('exit', removeNow);
      throw error;
    }
  }

  /** An application on the request logs that are here, which has found nothing yet, assumes these settings and asks rules that people wrote as well. */
  async start(assumed: AssumedSettings, own: readonly CustomRule[]): Promise<ScratchKeytrail> {
    const database = await Database.open({ directory: join(this.directory, `postgres-${this.contexts.length}`) });
    const context = await NestFactory.createApplicationContext(this.compose(database, own), { logger: this.logger, abortOnError: false })
      .catch(async (error: unknown) => {
        await database.destroy();
        throw error;
      });
    this.contexts.push(context);
    const get = <T>(type: abstract new (...args: never[]) => T): T => context.get(type, { strict: false });
    get(Tuning).assume(assumed);
    return { intake: get(HistoryIntake), detection: get(Detection), activity: get(CallerActivityStore), findings: get(FindingStore) };
  }

  async close(): Promise<void> {
    for (const context of this.contexts) await context.close();
    await this.clickhouse.close();
    await rm(this.directory, { recursive: true, force: true, maxRetries: 3 });
    process.off('exit', this.removeNow);
  }

  private compose(database: Database, own: readonly CustomRule[]): DynamicModule {
    return {
      module: ScratchModule,
      imports: [
        // Fingerprints of this run can be compared with nothing outside of it, and so give nothing away.
        PlatformModule.forRoot({ secrets: this.secrets, schedule: JobSchedule.off }),
        PostgresModule.forRoot(database),
        { module: LentClickHouseModule, global: true, providers: [{ provide: ClickHouse, useValue: this.clickhouse }], exports: [ClickHouse] },
        RequestLogsModule.forRoot(this.countries), HistoryIntakeModule, FolderRulesModule.forRoot(own), DetectionModule,
      ],
    };
  }
}
