import { Module } from '@nestjs/common';
import { AuditTrailModule } from '@keytrail/audit-trail';
import { CredentialsModule } from '@keytrail/credentials';
import { CallerActivityStore } from './caller-activity.store.js';
import { DetectionJob } from './detection.job.js';
import { Detection } from './detection.service.js';
import { FindingStore } from './finding.store.js';
import { FindingsController } from './findings.controller.js';
import { HabitStore } from './habit.store.js';
import { Judge } from './judge.service.js';
import { ProgressStore } from './progress.store.js';
import { RuleFacts } from './rule-facts.store.js';
import { Sweep } from './sweep.service.js';
import { SweepStore } from './sweep.store.js';
import { FindingVerdicts } from './tuning/not-a-threat.service.js';
import { SetRules } from './tuning/set-rules.service.js';
import { Suppressions } from './tuning/suppressions.service.js';
import { TuningController } from './tuning/tuning.controller.js';
import { Tuning } from './tuning/tuning.service.js';

@Module({
  imports: [CredentialsModule, AuditTrailModule], providers: [FindingStore, FindingVerdicts, SetRules, Suppressions], controllers: [FindingsController, TuningController],
})
export class FindingsHttpModule {}

/** The part that runs on a schedule. */
@Module({
  imports: [CredentialsModule], providers: [CallerActivityStore, Detection, DetectionJob, FindingStore, HabitStore, Judge, ProgressStore, RuleFacts, Sweep, SweepStore, Tuning],
  exports: [CallerActivityStore, Detection, FindingStore, Sweep, Tuning],
})
export class DetectionModule {}
