import type { z } from 'zod';
import { secretFields, storeFields } from '@keytrail/platform';
import { appFields, startApp, type AppOptions, type RunningApp } from './start-app.js';

/** Settings of every process that works on the stores' servers. */
export const serverAppFields = { ...appFields, ...secretFields, ...storeFields };
export type ServerAppSettings = z.infer<z.ZodObject<typeof serverAppFields>>;

/** Starts a process on the stores' servers and logs where it listens. */
export async function startOnServers(
  settings: ServerAppSettings, options: Omit<AppOptions, 'masterKey' | 'postgres' | 'clickhouse'>,
): Promise<RunningApp> {
  const running = await startApp(settings, {
    ...options, masterKey: Buffer.from(settings.KEYTRAIL_MASTER_KEY, 'base64'),
    postgres: { url: settings.KEYTRAIL_POSTGRES_URL }, clickhouse: { url: settings.KEYTRAIL_CLICKHOUSE_URL },
  });
  options.logger.log(`listening on ${running.url}`, 'start');
  return running;
}
