import { Module, type DynamicModule } from '@nestjs/common';
import { AlertingModule, type AlertingSettings } from '@keytrail/alerting';
import { AuditTrailHttpModule } from '@keytrail/audit-trail';
import { ContainmentModule } from '@keytrail/containment';
import { CredentialsHttpModule, KeyEventTopicModule, KeyPlatformModule, OwnerFileModule, PoliciesHttpModule, PoliciesModule } from '@keytrail/credentials';
import { DetectionLimitsModule, DetectionModule, type DetectionLimits, FindingsHttpModule, FolderRulesModule, readRuleFolder } from '@keytrail/detection';
import { CorrelationModule, IncidentsHttpModule } from '@keytrail/incidents';
import { LeaksModule, type LeakSettings } from '@keytrail/leaks';
import { LiveModule } from '@keytrail/live';
import type { KeyPlatformSettings, OwnerFileSettings } from '@keytrail/platform';
import {
  KafkaCollectorModule, RequestLogsHttpModule, RequestLogsModule, type CountryLookup, type KafkaCollectorParts,
} from '@keytrail/request-logs';
import { foundationModules, type Foundation } from '@keytrail/startup';

export interface StandaloneParts {
  foundation: Foundation;
  countries: CountryLookup;
  leaks: LeakSettings;
  alerting: AlertingSettings;
  /** Absent: request logs come over HTTP only. */
  kafka: KafkaCollectorParts | undefined;
  /** Absent: nobody is told of keys over Kafka. */
  keyEvents: { brokers: readonly string[]; topic: string } | undefined;
  /** Absent: every key is the registry's own. */
  keyPlatform: KeyPlatformSettings | undefined;
  /** Absent: owners come over HTTP only. */
  ownerFile: OwnerFileSettings | undefined;
  /** Absent: no rules of their own but those sent over HTTP. */
  rulesDir: string | undefined;
  limits: DetectionLimits;
}

/** Every stage in one process. */
@Module({})
export class StandaloneModule {
  static async forRoot({ foundation, countries, leaks, alerting, kafka, keyEvents, keyPlatform, ownerFile, rulesDir, limits }: StandaloneParts): Promise<DynamicModule> {
    return {
      module: StandaloneModule,
      imports: [
        ...foundationModules(foundation, { manageAccess: true }),
        AuditTrailHttpModule,
        CredentialsHttpModule,
        RequestLogsModule.forRoot(countries), RequestLogsHttpModule,
        ...(kafka ? [KafkaCollectorModule.forRoot(kafka, { required: false })] : []),
        ...(keyEvents ? [KeyEventTopicModule.forRoot(keyEvents)] : []),
        DetectionModule, DetectionLimitsModule.forRoot(limits), FindingsHttpModule,
        ...(rulesDir === undefined ? [] : [FolderRulesModule.forRoot(await readRuleFolder(rulesDir))]),
        CorrelationModule, IncidentsHttpModule,
        ContainmentModule,
        LeaksModule.forRoot(leaks),
        LiveModule,
        AlertingModule.forRoot(alerting),
        PoliciesModule, PoliciesHttpModule,
        ...(ownerFile ? [OwnerFileModule.forRoot(ownerFile)] : []),
        ...(keyPlatform ? [KeyPlatformModule.forRoot(keyPlatform)] : []),
      ],
    };
  }
}
