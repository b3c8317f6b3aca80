import { Module, type DynamicModule } from '@nestjs/common';
import { AccessModule, AccessSettings } from '@keytrail/access';
import { AuditTrailModule } from '@keytrail/audit-trail';
import { ClickHouseModule, type ClickHouse } from '@keytrail/clickhouse';
import { ContainmentModule } from '@keytrail/containment';
import { CredentialsHttpModule, CredentialsModule } from '@keytrail/credentials';
import { DetectionModule, FindingsHttpModule } from '@keytrail/detection';
import { CorrelationModule, IncidentsHttpModule } from '@keytrail/incidents';
import { PlatformModule, type Clock, type JobSchedule, type Secrets } from '@keytrail/platform';
import { PostgresModule, type Database } from '@keytrail/postgres';
import {
  KafkaCollectorModule, RequestLogsHttpModule, RequestLogsModule, type CountryLookup, type KafkaCollectorParts,
} from '@keytrail/request-logs';

export interface StandaloneParts {
  database: Database;
  clickhouse: ClickHouse;
  secrets: Secrets;
  countries: CountryLookup;
  access: AccessSettings;
  /** Absent: request logs come over HTTP only. */
  kafka?: KafkaCollectorParts | undefined;
  clock?: Clock;
  schedule?: JobSchedule;
}

/** Every stage in one process. */
@Module({})
export class StandaloneModule {
  static forRoot(parts: StandaloneParts): DynamicModule {
    return {
      module: StandaloneModule,
      imports: [
        PlatformModule.forRoot({ secrets: parts.secrets, ...(parts.clock && { clock: parts.clock }), ...(parts.schedule && { schedule: parts.schedule }) }),
        PostgresModule.forRoot(parts.database),
        ClickHouseModule.forRoot(parts.clickhouse),
        AccessModule.forRoot(parts.access),
        AuditTrailModule,
        CredentialsModule, CredentialsHttpModule,
        RequestLogsModule.forRoot(parts.countries), RequestLogsHttpModule,
        ...(parts.kafka ? [KafkaCollectorModule.forRoot(parts.kafka)] : []),
        DetectionModule, FindingsHttpModule,
        CorrelationModule, IncidentsHttpModule,
        ContainmentModule,
      ],
    };
  }
}
