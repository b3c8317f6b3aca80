import { Module } from '@nestjs/common';
import { CredentialsModule } from '@keytrail/credentials';
import { CallerActivityStore } from './caller-activity.store.js';
import { DetectionJob } from './detection.job.js';
import { Detection } from './detection.service.js';
import { FindingStore } from './finding.store.js';
import { FindingsController } from './findings.controller.js';
import { Judge } from './judge.service.js';
import { ProgressStore } from './progress.store.js';
import { Tuning } from './tuning/tuning.service.js';

@Module({ providers: [FindingStore], controllers: [FindingsController] })
export class FindingsHttpModule {}

/** The part that runs on a schedule. */
@Module({
  imports: [CredentialsModule], providers: [CallerActivityStore, Detection, DetectionJob, FindingStore, Judge, ProgressStore, Tuning],
  exports: [CallerActivityStore, Detection, FindingStore, Tuning],
})
export class DetectionModule {}
