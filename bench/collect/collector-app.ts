import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { AppLogger, WorkspaceScope, systemActor, type Caller } from '@keytrail/platform';
import {
  CountryLookup, KafkaCollectorModule, RequestLogsHttpModule, RequestLogsModule, connectKafka, openCountryLookup, type KafkaSettings,
} from '@keytrail/request-logs';
import { foundationModules, startApp, type RunningApp } from '@keytrail/startup';

@Module({})
class CollectOnly {}

export interface CollectorStores {
  /** Of the embedded stores. */
  directory: string;
  /** URLs of servers; empty = the embedded store. */
  postgres: string;
  clickhouse: string;
}

/** A collector as it is shipped: intake over HTTP, and from Kafka where settings are given. Nothing detects. */
export async function startCollector({ directory, postgres, clickhouse }: CollectorStores, kafka?: KafkaSettings): Promise<RunningApp> {
  const countries = new CountryLookup(await openCountryLookup(undefined));
  return startApp({ KEYTRAIL_HOST: '127.0.0.1', KEYTRAIL_PORT: 0, KEYTRAIL_TRUSTED_PROXIES: [], KEYTRAIL_JWT_AUDIENCE: 'keytrail', KEYTRAIL_START_WITHIN_S: 0 }, {
    masterKey: randomBytes(32), postgres: postgres === '' ? { directory: join(directory, 'postgres') } : { url: postgres }, 
    clickhouse: clickhouse === '' ? { directory: join(directory, 'clickhouse') } : { url: clickhouse },
    logger: new AppLogger({ json: false, quiet: true }),
    compose: (foundation): DynamicModule => ({
      module: CollectOnly,
      imports: [
        ...foundationModules(foundation, { manageAccess: true }), RequestLogsModule.forRoot(countries), RequestLogsHttpModule,
        ...(kafka ? [KafkaCollectorModule.forRoot(connectKafka(kafka), { required: true })] : []),
      ],
    }),
  });
}

/** A service of the application. */
export const serviceOf = <T>({ app }: RunningApp, type: Type<T> | (abstract new (...args: never[]) => T)): T => app.get<T>(type as Type<T>, { strict: false });

export const benchCaller: Caller = { ...systemActor, name: 'bench', role: 'admin', scope: WorkspaceScope.all };
