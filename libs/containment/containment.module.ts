import { Module } from '@nestjs/common';
import { AuditTrailModule } from '@keytrail/audit-trail';
import { CredentialsModule } from '@keytrail/credentials';
import { IncidentsModule } from '@keytrail/incidents';
import { BlastRadiusService } from './blast-radius.service.js';
import { BlastRadiusStore } from './blast-radius.store.js';
import { BulkContainments } from './bulk-containment.service.js';
import { BulkContainmentsController } from './bulk-containments.controller.js';
import { CallerEvidenceStore } from './caller-evidence.store.js';
import { ContainmentView } from './containment-view.service.js';
import { Containments } from './containment.service.js';
import { ContainmentsController } from './containments.controller.js';
import { keyContainmentControllers } from './key-containment.controller.js';
import { OverlapEnd } from './overlap-end.service.js';
import { OverlapEvidenceService } from './overlap-evidence.service.js';
import { OverlapJob } from './overlap.job.js';
import { Overlaps } from './overlaps.service.js';
import { RemoteContainmentJob } from './remote/remote-containment.job.js';
import { RemoteContainments } from './remote/remote-containment.service.js';
import { SagaSteps } from './remote/saga-steps.service.js';

@Module({
  imports: [AuditTrailModule, CredentialsModule, IncidentsModule],
  controllers: [...keyContainmentControllers, ContainmentsController, BulkContainmentsController],
  providers: [
    BlastRadiusService, BlastRadiusStore, BulkContainments, CallerEvidenceStore, ContainmentView, Containments, OverlapEnd, OverlapEvidenceService, OverlapJob, Overlaps,
    RemoteContainmentJob, RemoteContainments, SagaSteps,
  ],
  exports: [Containments, RemoteContainments],
})
export class ContainmentModule {}
