import { join } from 'node:path';
import type { LoggerService } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AccessSettings, AccessTokenStore, jwtSettingsOf } from '@keytrail/access';
import { openClickHouse } from '@keytrail/clickhouse';
import { DEFAULT_WORKSPACE, Registry } from '@keytrail/credentials';
import { Secrets, createHttpApp, lockDataDir, readOrCreateMasterKey, type JobSchedule } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { CountryLookup, connectKafka, openCountryLookup } from '@keytrail/request-logs';
import type { StandaloneSettings } from './settings.js';
import { StandaloneModule } from './standalone.module.js';

export interface Standalone {
  app: NestFastifyApplication;
  /** `http://host:port` it listens on. */
  url: string;
  /** Set when one was made just now. */
  newAdminToken: string | undefined;
  stop(): Promise<void>;
}

export interface StartOptions {
  logger: LoggerService;
  version: string;
  schedule?: JobSchedule;
}

/** Starts every stage in this process. Throws `DataDirLockedError` when another process holds the data directory. */
export async function startStandalone(settings: StandaloneSettings, options: StartOptions): Promise<Standalone> {
  const directory = settings.KEYTRAIL_DATA_DIR;
  const lock = lockDataDir(directory);
  const undo: (() => Promise<unknown>)[] = [async () => lock.release()];
  try {
    const masterKey = settings.KEYTRAIL_MASTER_KEY === undefined
      ? readOrCreateMasterKey(join(directory, 'master.key')) : Buffer.from(settings.KEYTRAIL_MASTER_KEY, 'base64');
    const database = await Database.open(settings.KEYTRAIL_POSTGRES_URL === undefined
      ? { directory: join(directory, 'postgres') } : { url: settings.KEYTRAIL_POSTGRES_URL });
    undo.push(() => database.destroy());
    const clickhouse = await openClickHouse(settings.KEYTRAIL_CLICKHOUSE_URL === undefined
      ? { directory: join(directory, 'clickhouse') } : { url: settings.KEYTRAIL_CLICKHOUSE_URL });
    undo.push(() => clickhouse.close());
    const kafka = settings.KEYTRAIL_KAFKA_BROKERS && await connectKafka({
      brokers: settings.KEYTRAIL_KAFKA_BROKERS, topics: settings.KEYTRAIL_KAFKA_TOPICS, group: settings.KEYTRAIL_KAFKA_GROUP,
      deadLetterTopic: settings.KEYTRAIL_KAFKA_DEAD_LETTER_TOPIC, defaultWorkspace: DEFAULT_WORKSPACE,
    });
    const module = StandaloneModule.forRoot({
      database, clickhouse, kafka, secrets: new Secrets(masterKey), countries: new CountryLookup(await openCountryLookup(settings.KEYTRAIL_GEOIP_FILE)),
      access: new AccessSettings(jwtSettingsOf(settings)), ...(options.schedule && { schedule: options.schedule }),
    });
    const app = await createHttpApp(module, { logger: options.logger, openapi: { title: 'Keytrail', version: options.version } });
    // From here on the application closes the stores.
    undo.splice(1, undo.length, () => app.close());
    await app.get(Registry, { strict: false }).ensureAccount();
    const newAdminToken = await app.get(AccessTokenStore, { strict: false }).ensureAdministrator(settings.KEYTRAIL_ADMIN_TOKEN);
    await app.listen(settings.KEYTRAIL_PORT, settings.KEYTRAIL_HOST);
    return { app, url: await addressOf(app), newAdminToken, stop: () => unwind(undo) };
  } catch (error) {
    await unwind(undo).catch(() => undefined);
    throw error;
  }
}

/** Undoes in reverse what was done, all of it even when a part fails. */
async function unwind(undo: (() => Promise<unknown>)[]): Promise<void> {
  let failure: unknown;
  for (const step of undo.splice(0).reverse()) {
    await step().catch((error: unknown) => {
      failure ??= error;
    });
  }
  if (failure !== undefined) throw failure;
}

async function addressOf(app: NestFastifyApplication): Promise<string> {
  const url = await app.getUrl();
  return url.replace('[::1]', '127.0.0.1');
}
