import { Module } from '@nestjs/common';
import { AuditExport } from './audit-export.service.js';
import { AuditProofs } from './audit-proofs.service.js';
import { AuditTrailController } from './audit-trail.controller.js';
import { AuditTrail } from './audit-trail.store.js';
import { CheckpointAgeGauge } from './checkpoint-age-gauge.service.js';
import { CheckpointJob } from './checkpoint.job.js';
import { Checkpoints } from './checkpoints.service.js';
import { Signing } from './signing.service.js';

/** The record, without its HTTP edge: for whatever writes entries, and for whatever exports them. */
@Module({ providers: [AuditTrail, Signing, Checkpoints, AuditProofs], exports: [AuditTrail, Signing, Checkpoints, AuditProofs] })
export class AuditTrailModule {}

/** Shows the record, and signs it every minute. */
@Module({ imports: [AuditTrailModule], controllers: [AuditTrailController], providers: [AuditExport, CheckpointJob, CheckpointAgeGauge] })
export class AuditTrailHttpModule {}
