import { Module, type DynamicModule } from '@nestjs/common';
import { AlertingModule, type AlertingSettings } from '@keytrail/alerting';
import { AuditTrailHttpModule } from '@keytrail/audit-trail';
import { ContainmentModule } from '@keytrail/containment';
import { CredentialsHttpModule, KeyEventTopicModule, KeyPlatformModule, OwnerFileModule, PoliciesHttpModule } from '@keytrail/credentials';
import { FindingsHttpModule, FolderRulesModule, readRuleFolder } from '@keytrail/detection';
import { IncidentsHttpModule } from '@keytrail/incidents';
import { LeaksModule, type LeakSettings } from '@keytrail/leaks';
import { LiveModule } from '@keytrail/live';
import { KafkaMessagesModule, RequestLogsHttpModule, RequestLogsModule, readMessagesFrom, type CountryLookup } from '@keytrail/request-logs';
import type { KeyPlatformSettings, OwnerFileSettings } from '@keytrail/platform';
import { foundationModules, type Foundation } from '@keytrail/startup';

export interface ApiParts {
  foundation: Foundation;
  countries: CountryLookup;
  leaks: LeakSettings;
  alerting: AlertingSettings;
  /** Absent: dead letters are replayed from what was kept of them, and nothing is written to Kafka. */
  kafka?: { brokers: readonly string[]; keyEventsTopic: string } | undefined;
  /** Absent: every key is the registry's own. */
  keyPlatform?: KeyPlatformSettings | undefined;
  /** Absent: owners come over HTTP only. */
  ownerFile?: OwnerFileSettings | undefined;
  /** The detector's rules of its own, so that they can be tuned; absent: those that were sent over HTTP. */
  rulesDir?: string | undefined;
}

/** Everything over HTTP, and the sending of alerts. Detection, correlation and the check of policies run elsewhere. */
@Module({})
export class ApiModule {
  static async forRoot({ foundation, countries, leaks, alerting, kafka, keyPlatform, ownerFile, rulesDir }: ApiParts): Promise<DynamicModule> {
    return {
      module: ApiModule,
      imports: [
        ...foundationModules(foundation, { manageAccess: true }),
        AuditTrailHttpModule,
        CredentialsHttpModule,
        RequestLogsModule.forRoot(countries), RequestLogsHttpModule,
        ...(kafka ? [
          KafkaMessagesModule.forRoot(readMessagesFrom(kafka.brokers)), KeyEventTopicModule.forRoot({ brokers: kafka.brokers, topic: kafka.keyEventsTopic }),
        ] : []),
        FindingsHttpModule,
        ...(rulesDir === undefined ? [] : [FolderRulesModule.forRoot(await readRuleFolder(rulesDir))]),
        IncidentsHttpModule,
        ContainmentModule,
        LeaksModule.forRoot(leaks),
        LiveModule,
        AlertingModule.forRoot(alerting),
        PoliciesHttpModule,
        ...(ownerFile ? [OwnerFileModule.forRoot(ownerFile)] : []),
        ...(keyPlatform ? [KeyPlatformModule.forRoot(keyPlatform)] : []),
      ],
    };
  }
}
