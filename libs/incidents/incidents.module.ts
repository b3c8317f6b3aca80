import { Module } from '@nestjs/common';
import { AuditTrailModule } from '@keytrail/audit-trail';
import { CredentialsModule } from '@keytrail/credentials';
import { CallerActivityStore } from '@keytrail/detection';
import { RequestLogStore } from '@keytrail/request-logs';
import { CorrelationJob } from './correlation.job.js';
import { Correlation } from './correlation.service.js';
import { IncidentBundleController } from './incident-bundle.controller.js';
import { IncidentBundles } from './incident-bundle.service.js';
import { IncidentBriefs } from './incident-briefs.service.js';
import { IncidentPages } from './incident-page.service.js';
import { IncidentTimesController } from './incident-times.controller.js';
import { IncidentsController } from './incidents.controller.js';
import { LeakIncidents } from './leak-incidents.service.js';
import { Incidents } from './incidents.service.js';
import { MergedIncidents } from './merged-incidents.service.js';
import { OwnIncidents } from './own-incidents.service.js';
import { UsualNetworks } from './usual-networks.service.js';

@Module({
  imports: [AuditTrailModule, CredentialsModule],
  providers: [IncidentBriefs, IncidentPages, Incidents, LeakIncidents, MergedIncidents, OwnIncidents, RequestLogStore],
  exports: [IncidentBriefs, Incidents, LeakIncidents, MergedIncidents, OwnIncidents],
})
export class IncidentsModule {}

@Module({ imports: [AuditTrailModule, IncidentsModule], controllers: [IncidentsController, IncidentTimesController, IncidentBundleController], providers: [IncidentBundles] })
export class IncidentsHttpModule {}

/** The part that runs on a schedule. */
@Module({ imports: [CredentialsModule], providers: [CallerActivityStore, Correlation, CorrelationJob, UsualNetworks], exports: [Correlation] })
export class CorrelationModule {}
