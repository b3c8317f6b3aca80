import { Module, type DynamicModule } from '@nestjs/common';
import { PoliciesModule } from '@keytrail/credentials';
import { DetectionLimitsModule, DetectionModule, type DetectionLimits, FolderRulesModule, readRuleFolder } from '@keytrail/detection';
import { CorrelationModule } from '@keytrail/incidents';
import { foundationModules, type Foundation } from '@keytrail/startup';

/** Detection, correlation and the check of policies on a schedule. */
@Module({})
export class DetectorModule {
  static async forRoot(foundation: Foundation, rulesDir: string | undefined, limits: DetectionLimits): Promise<DynamicModule> {
    return {
      module: DetectorModule,
      imports: [...foundationModules(foundation, { manageAccess: false }), DetectionModule, DetectionLimitsModule.forRoot(limits), CorrelationModule, PoliciesModule,
        ...(rulesDir === undefined ? [] : [FolderRulesModule.forRoot(await readRuleFolder(rulesDir))]),
      ],
    };
  }
}
