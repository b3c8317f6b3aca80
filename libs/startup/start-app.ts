import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Logger, type DynamicModule, type LoggerService } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { z } from 'zod';
import { AccessSettings, AccessTokenStore, jwtSettingsOf } from '@keytrail/access';
import { openClickHouse, type ClickHouseLocation } from '@keytrail/clickhouse';
import { Registry } from '@keytrail/credentials';
import { Secrets, SettingsError, createHttpApp, httpFields, jwtFields, startFields, type AddedKeys, type JobSchedule, type OidcSettings } from '@keytrail/platform';
import { Database, oneAtATime, type PostgresLocation } from '@keytrail/postgres';
import { assertKeyVersions } from './assert-key-versions.js';
import { assertMasterKey } from './assert-master-key.js';
import type { Foundation } from './foundation.js';
import { openWithin } from './open-within.js';

/** Settings of every process: where it listens, whom it believes and how long it waits for its stores. */
export const appFields = { ...httpFields, ...jwtFields, ...startFields };
export type AppSettings = z.infer<z.ZodObject<typeof appFields>>;

export interface AppOptions {
  masterKey: Buffer;
  /** Peppers and wrapping keys of a process that issues and verifies keys. Absent: it does neither, and needs none. */
  addedKeys?: AddedKeys | undefined;
  postgres: PostgresLocation;
  clickhouse: ClickHouseLocation;
  logger: LoggerService;
  schedule?: JobSchedule | undefined;
  /** Serve the description of the API. */
  openapi?: { title: string; version: string };
  /** Through whom people sign in, beside access tokens. */
  oidc?: OidcSettings | undefined;
  /** Directory of the dashboard's built files. Absent or not there: no dashboard. */
  dashboard?: string | undefined;
  /** Make sure of the administrator: with the token that is set, else with one made at the first start. Absent: leave that to others. */
  administrator?: { token: string | undefined };
  /** The process as a module. The stores are open; it need not close them when it throws. */
  compose(foundation: Foundation): DynamicModule | Promise<DynamicModule>;
}

export interface RunningApp {
  app: NestFastifyApplication;
  /** `http://host:port` it listens on. */
  url: string;
  /** Set when one was made just now. */
  newAdminToken: string | undefined;
  /** Drains and closes. */
  stop(): Promise<void>;
}

/**
 * Opens the stores, waiting for them as long as it may, composes the application on them, makes sure of the account and listens. What was
 * opened is closed when a part fails.
 */
export async function startApp(settings: AppSettings, options: AppOptions): Promise<RunningApp> {
  // What is logged before there is an application goes the same way.
  Logger.overrideLogger(options.logger);
  const access = new AccessSettings(jwtSettingsOf(settings), undefined, options.oidc);
  const opened: { close(): Promise<unknown> }[] = [];
  try {
    const patience = { withinMs: settings.KEYTRAIL_START_WITHIN_S * 1_000 };
    const database = await openWithin('Postgres', () => Database.open(options.postgres), patience, options.logger);
    opened.push({ close: () => database.destroy() });
    const secrets = new Secrets(options.masterKey, options.addedKeys);
    await assertMasterKey(database, secrets);
    if (options.addedKeys !== undefined) await assertKeyVersions(database, secrets);
    const clickhouse = await openWithin('ClickHouse', () => openClickHouse(options.clickhouse, (work) => oneAtATime(database, 'clickhouse schema', work)), patience, options.logger);
    opened.push(clickhouse);
    const module = await options.compose({ database, clickhouse, secrets, access, schedule: options.schedule });
    const app = await createHttpApp(module, {
      logger: options.logger, trustedProxies: settings.KEYTRAIL_TRUSTED_PROXIES, ...(options.openapi && { openapi: options.openapi }), dashboard: builtDashboard(options),
    });
    // From here on the application closes the stores.
    opened.splice(0, opened.length, app);
    await app.get(Registry, { strict: false }).ensureAccount();
    const newAdminToken = options.administrator
      && await app.get(AccessTokenStore, { strict: false }).ensureAdministrator(options.administrator.token);
    await listen(app, settings);
    return { app, url: await addressOf(app), newAdminToken, stop: () => app.close() };
  } catch (error) {
    for (const part of opened.reverse()) await part.close().catch(() => undefined);
    throw error;
  }
}

/** A process without the dashboard's files serves everything else; it says so, since whoever looks for the dashboard finds nothing. */
function builtDashboard({ dashboard, logger }: AppOptions): string | undefined {
  if (dashboard === undefined || existsSync(join(dashboard, 'index.html'))) return dashboard;
  logger.warn('the dashboard is not built: `npm run build` makes it', 'start');
  return undefined;
}

async function listen(app: NestFastifyApplication, { KEYTRAIL_HOST: host, KEYTRAIL_PORT: port }: AppSettings): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (error) {
    const why = CANNOT_LISTEN[(error as NodeJS.ErrnoException).code ?? ''];
    throw why === undefined ? error : new SettingsError([`KEYTRAIL_HOST, KEYTRAIL_PORT: cannot listen on ${host} port ${port}: ${why}`]);
  }
}

const CANNOT_LISTEN: Record<string, string> = {
  EADDRINUSE: 'another process listens there', EACCES: 'this user may not', EADDRNOTAVAIL: 'this machine has no such address', ENOTFOUND: 'there is no such host',
};

async function addressOf(app: NestFastifyApplication): Promise<string> {
  const url = await app.getUrl();
  return url.replace('[::1]', '127.0.0.1');
}
