import { Module } from '@nestjs/common';
import { AuditTrailModule } from '@keytrail/audit-trail';
import { LastUseStore } from '../last-use.store.js';
import { OpenViolationsGauge } from './open-violations-gauge.service.js';
import { PolicyChecks } from './policy-check.service.js';
import { PolicyJob } from './policy.job.js';
import { PolicyViolationsController } from './policy-violations.controller.js';
import { PolicyViolations } from './policy-violations.service.js';
import { SeenKeyStore } from './seen-keys.store.js';

/** The part that runs on a schedule. */
@Module({ imports: [AuditTrailModule], providers: [LastUseStore, SeenKeyStore, PolicyChecks, PolicyJob, OpenViolationsGauge], exports: [PolicyChecks] })
export class PoliciesModule {}

@Module({ controllers: [PolicyViolationsController], providers: [PolicyViolations] })
export class PoliciesHttpModule {}
