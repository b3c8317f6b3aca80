import { Module, type DynamicModule } from '@nestjs/common';
import { KafkaCollectorModule, RequestLogsModule, type CountryLookup, type KafkaCollectorParts } from '@keytrail/request-logs';
import { foundationModules, type Foundation } from '@keytrail/startup';

export interface CollectorParts {
  foundation: Foundation;
  countries: CountryLookup;
  kafka: KafkaCollectorParts;
}

/** Kafka to the request-log store. */
@Module({})
export class CollectorModule {
  static forRoot({ foundation, countries, kafka }: CollectorParts): DynamicModule {
    return {
      module: CollectorModule,
      imports: [
        ...foundationModules(foundation, { manageAccess: false }),
        RequestLogsModule.forRoot(countries),
        KafkaCollectorModule.forRoot(kafka, { required: true }),
      ],
    };
  }
}
