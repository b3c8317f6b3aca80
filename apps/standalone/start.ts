import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { LoggerService } from '@nestjs/common';
import { alertingSettingsOf } from '@keytrail/alerting';
import { DetectionLimits } from '@keytrail/detection';
import { leakSettingsOf } from '@keytrail/leaks';
import { JobSchedule, addedKeysOf, keyPlatformOf, lockDataDir, ownerFileOf, readOrCreateMasterKey, oidcOf } from '@keytrail/platform';
import { CountryLookup, connectKafka, openCountryLookup } from '@keytrail/request-logs';
import { WrongMasterKeyError, startApp, type Foundation, type RunningApp } from '@keytrail/startup';
import type { StandaloneSettings } from './settings.js';
import { StandaloneModule } from './standalone.module.js';

export type Standalone = RunningApp;

export interface StartOptions {
  logger: LoggerService;
  version: string;
  schedule?: JobSchedule;
  /** Directory of the dashboard's built files. */
  dashboard?: string;
}

/**
 * Starts every stage in this process. Throws `DataDirLockedError` when another process holds the data directory, `WrongMasterKeyError` when
 * the master key was lost or changed.
 */
export async function startStandalone(settings: StandaloneSettings, options: StartOptions): Promise<Standalone> {
  const directory = settings.KEYTRAIL_DATA_DIR;
  const lock = lockDataDir(directory);
  const keyFile = join(directory, 'master.key');
  const keyIsNew = settings.KEYTRAIL_MASTER_KEY === undefined && !existsSync(keyFile);
  try {
    const running = await startApp(settings, {
      masterKey: settings.KEYTRAIL_MASTER_KEY === undefined
        ? readOrCreateMasterKey(keyFile) : Buffer.from(settings.KEYTRAIL_MASTER_KEY, 'base64'),
      addedKeys: addedKeysOf(settings),
      postgres: settings.KEYTRAIL_POSTGRES_URL === undefined ? { directory: join(directory, 'postgres') } : { url: settings.KEYTRAIL_POSTGRES_URL },
      clickhouse: settings.KEYTRAIL_CLICKHOUSE_URL === undefined
        ? { directory: join(directory, 'clickhouse') } : { url: settings.KEYTRAIL_CLICKHOUSE_URL },
      logger: options.logger, schedule: options.schedule ?? JobSchedule.withPoliciesEvery(settings.KEYTRAIL_POLICY_CHECK_EVERY_S * 1_000), openapi: { title: 'Keytrail', version: options.version }, dashboard: options.dashboard, oidc: oidcOf(settings),
      administrator: { token: settings.KEYTRAIL_ADMIN_TOKEN },
      compose: (foundation) => compose(settings, foundation),
    });
    return { ...running, stop: () => running.stop().finally(() => lock.release()) };
  } catch (error) {
    // The key that was lost is missing still: what was made in its place must not stand in for it.
    if (keyIsNew && error instanceof WrongMasterKeyError) rmSync(keyFile, { force: true });
    lock.release();
    throw error;
  }
}

async function compose(settings: StandaloneSettings, foundation: Foundation) {
  const { KEYTRAIL_KAFKA_BROKERS: brokers } = settings;
  const kafka = brokers && connectKafka({ ...settings, KEYTRAIL_KAFKA_BROKERS: brokers });
  const keyEvents = brokers && { brokers, topic: settings.KEYTRAIL_KAFKA_KEY_EVENTS_TOPIC };
  const countries = new CountryLookup(await openCountryLookup(settings.KEYTRAIL_GEOIP_FILE));
  return StandaloneModule.forRoot({ foundation, countries, leaks: leakSettingsOf(settings), alerting: alertingSettingsOf(settings), kafka, keyEvents, keyPlatform: keyPlatformOf(settings), ownerFile: ownerFileOf(settings), rulesDir: settings.KEYTRAIL_RULES_DIR, limits: new DetectionLimits(settings.KEYTRAIL_DETECTION_KEYS, settings.KEYTRAIL_FORGET_KEYS_AFTER_DAYS) });
}
