import { Module, type DynamicModule } from '@nestjs/common';
import { AuditTrailModule } from '@keytrail/audit-trail';
import { CredentialsModule } from '@keytrail/credentials';
import { KafkaDeadLetters, LogSource, MessageReader, TopicIds } from '@keytrail/kafka';
import { Metrics, ReadinessChecks } from '@keytrail/platform';
import { ActivityController } from './activity.controller.js';
import { ActivityStore } from './activity.store.js';
import type { BackgroundLogSource } from './background-log-source.service.js';
import { CountryLookup } from './country-lookup.js';
import { DeadLetterReplay } from './dead-letter-replay.service.js';
import { DeadLettersController } from './dead-letters.controller.js';
import { DeadLetterStore } from './dead-letter.store.js';
import { HistoryIntake } from './history-intake.service.js';
import { HttpIntake } from './http-intake.service.js';
import { IntakeAccountsGauge } from './intake-accounts-gauge.service.js';
import { IntakeCountStore } from './intake-count.store.js';
import { RequestLogIntake } from './intake.service.js';
import { KafkaCollector, KafkaCollectorSettings } from './kafka-collector.service.js';
import { KeySearchRecord } from './key-search-record.store.js';
import { LedgerStore } from './ledger.store.js';
import { PartitionLogs } from './partition-logs.service.js';
import { RequestLogStore } from './request-log.store.js';
import { RequestLogsController } from './request-logs.controller.js';
import { RepeatedInsert } from './repeated-insert.service.js';
import { RequestLogSearch } from './search.service.js';

/** Takes request logs in. */
@Module({})
export class RequestLogsModule {
  static forRoot(countries: CountryLookup): DynamicModule {
    return {
      module: RequestLogsModule, imports: [CredentialsModule], global: true,
      providers: [{ provide: CountryLookup, useValue: countries }, RequestLogIntake, RequestLogStore, RepeatedInsert, DeadLetterStore, IntakeCountStore, IntakeAccountsGauge],
      exports: [RequestLogIntake, RequestLogStore, RepeatedInsert, DeadLetterStore, IntakeCountStore],
    };
  }
}

/** Takes the past in, for a backtest. */
@Module({ providers: [HistoryIntake], exports: [HistoryIntake] })
export class HistoryIntakeModule {}

/** Intake and search over HTTP. */
@Module({
  imports: [CredentialsModule, AuditTrailModule], controllers: [RequestLogsController, ActivityController, DeadLettersController],
  providers: [HttpIntake, RequestLogSearch, KeySearchRecord, ActivityStore, DeadLetterReplay],
})
export class RequestLogsHttpModule {}

export interface KafkaCollectorParts {
  source: BackgroundLogSource;
  deadLetters: KafkaDeadLetters;
  settings: KafkaCollectorSettings;
  messages: MessageReader;
  topicIds: TopicIds;
}

const KAFKA_READINESS = 'keytrail:kafka-readiness';

function registerKafka(readiness: ReadinessChecks, metrics: Metrics, logs: PartitionLogs, source: BackgroundLogSource, options: { required: boolean }): true {
  readiness.register('kafka', async () => {
    if (!source.isReading) throw new Error('not reading');
    if (logs.stopped > 0) throw new Error('a partition is stopped');
  }, options);
  source.onStall((reason) => metrics.kafkaStalls.inc({ reason }));
  return true;
}

/** Lets dead letters be read again from Kafka. */
@Module({})
export class KafkaMessagesModule {
  static forRoot(reader: MessageReader): DynamicModule {
    return { module: KafkaMessagesModule, global: true, providers: [{ provide: MessageReader, useValue: reader }], exports: [MessageReader] };
  }
}

/** Collects from Kafka for as long as the process runs. */
@Module({})
export class KafkaCollectorModule {
  /** `required`: the process is not ready while Kafka is down. */
  static forRoot(parts: KafkaCollectorParts, options: { required: boolean }): DynamicModule {
    return {
      module: KafkaCollectorModule, imports: [KafkaMessagesModule.forRoot(parts.messages)],
      providers: [
        { provide: LogSource, useValue: parts.source }, { provide: KafkaDeadLetters, useValue: parts.deadLetters },
        { provide: KafkaCollectorSettings, useValue: parts.settings }, { provide: TopicIds, useValue: parts.topicIds },
        LedgerStore, PartitionLogs, KafkaCollector,
        {
          provide: KAFKA_READINESS, inject: [ReadinessChecks, Metrics, PartitionLogs],
          useFactory: (readiness: ReadinessChecks, metrics: Metrics, logs: PartitionLogs) => registerKafka(readiness, metrics, logs, parts.source, options),
        },
      ],
    };
  }
}
