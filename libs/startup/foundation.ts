import type { DynamicModule } from '@nestjs/common';
import { AccessModule, type AccessSettings } from '@keytrail/access';
import { ClickHouseModule, type ClickHouse } from '@keytrail/clickhouse';
import { PlatformModule, type JobSchedule, type Secrets } from '@keytrail/platform';
import { PostgresModule, type Database } from '@keytrail/postgres';

/** What every process stands on: open stores, derived keys, and how callers prove who they are. */
export interface Foundation {
  database: Database;
  clickhouse: ClickHouse;
  secrets: Secrets;
  access: AccessSettings;
  schedule?: JobSchedule | undefined;
}

/** The modules of the foundation. With them alone a process serves its health and its metrics, and guards every other route. */
export const foundationModules = ({ database, clickhouse, secrets, access, schedule }: Foundation, options: { manageAccess: boolean }): DynamicModule[] => [
  PlatformModule.forRoot({ secrets, ...(schedule && { schedule }) }),
  PostgresModule.forRoot(database),
  ClickHouseModule.forRoot(clickhouse),
  AccessModule.forRoot(access, { manage: options.manageAccess }),
];
