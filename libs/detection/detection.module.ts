import { Module, type DynamicModule } from '@nestjs/common';
import { AuditTrailModule } from '@keytrail/audit-trail';
import { CredentialsModule } from '@keytrail/credentials';
import { BacktestJob } from './backtest/backtest.job.js';
import { BacktestQueue } from './backtest/backtest-queue.service.js';
import { BacktestRuns } from './backtest/backtest-runs.service.js';
import { BacktestStore } from './backtest/backtest.store.js';
import { BacktestsController } from './backtest/backtests.controller.js';
import { Backtests } from './backtest/backtests.service.js';
import { CallerActivityStore } from './caller-activity.store.js';
import { CustomRuleFiles } from './custom/custom-rule-files.service.js';
import { CustomRuleStore } from './custom/custom-rule.store.js';
import { CustomRulesController } from './custom/custom-rules.controller.js';
import { CustomRules, FolderRules } from './custom/custom-rules.service.js';
import type { CustomRule } from './custom/rule.js';
import { TunableRules } from './custom/tunable-rules.service.js';
import { DetectionJob } from './detection.job.js';
import { Detection } from './detection.service.js';
import { FindingStore } from './finding.store.js';
import { FindingsController } from './findings.controller.js';
import { Judge } from './judge.service.js';
import { DetectionLimits, LiveMemory } from './live-memory.service.js';
import { ObjectUseStore } from './object-use.store.js';
import { ObjectWalks } from './object-walks.service.js';
import { ProgressStore } from './progress.store.js';
import { RegistryEventStore } from './registry-events.store.js';
import { Replays } from './replays.service.js';
import { RequestReuseStore } from './request-reuse.store.js';
import { RuleFacts } from './rule-facts.store.js';
import { Silences } from './silences.service.js';
import { StepJudge } from './step-judge.service.js';
import { Sweep } from './sweep.service.js';
import { SweepStore } from './sweep.store.js';
import { FindingVerdicts } from './tuning/not-a-threat.service.js';
import { SetRules } from './tuning/set-rules.service.js';
import { Suppressions } from './tuning/suppressions.service.js';
import { TuningController } from './tuning/tuning.controller.js';
import { Tuning } from './tuning/tuning.service.js';

@Module({
  imports: [CredentialsModule, AuditTrailModule], providers: [Backtests, BacktestStore, CustomRuleFiles, CustomRuleStore, FindingStore, FindingVerdicts, SetRules, Suppressions, TunableRules],
  controllers: [BacktestsController, CustomRulesController, FindingsController, TuningController],
})
export class FindingsHttpModule {}

/** The part that runs on a schedule. */
@Module({
  imports: [CredentialsModule],
  providers: [
    BacktestJob, BacktestQueue, BacktestRuns, BacktestStore, CallerActivityStore, CustomRules, CustomRuleStore, Detection, DetectionJob, FindingStore, Judge, LiveMemory, ObjectUseStore, ObjectWalks,
    ProgressStore, RegistryEventStore, Replays, RequestReuseStore, RuleFacts, Silences, StepJudge, Sweep, SweepStore, TunableRules, Tuning,
  ],
  exports: [BacktestQueue, CallerActivityStore, Detection, FindingStore, Sweep, Tuning],
})
export class DetectionModule {}

/** Rules of a folder, for the process that detects. */
@Module({})
export class FolderRulesModule {
  static forRoot(rules: readonly CustomRule[]): DynamicModule {
    return { module: FolderRulesModule, global: true, providers: [{ provide: FolderRules, useValue: new FolderRules(rules) }], exports: [FolderRules] };
  }
}

/** How much the process that detects may hold. */
@Module({})
export class DetectionLimitsModule {
  static forRoot(limits: DetectionLimits): DynamicModule {
    return { module: DetectionLimitsModule, global: true, providers: [{ provide: DetectionLimits, useValue: limits }], exports: [DetectionLimits] };
  }
}
