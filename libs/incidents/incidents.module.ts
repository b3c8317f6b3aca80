import { Module } from '@nestjs/common';
import { AuditTrailModule } from '@keytrail/audit-trail';
import { CredentialsModule } from '@keytrail/credentials';
import { CallerActivityStore } from '@keytrail/detection';
import { CorrelationJob } from './correlation.job.js';
import { Correlation } from './correlation.service.js';
import { IncidentBundleController } from './incident-bundle.controller.js';
import { IncidentBundles } from './incident-bundle.service.js';
import { IncidentBriefs } from './incident-briefs.service.js';
import { IncidentsController } from './incidents.controller.js';
import { LeakIncidents } from './leak-incidents.service.js';
import { Incidents } from './incidents.service.js';
import { OwnIncidents } from './own-incidents.service.js';
import { UsualNetworks } from './usual-networks.service.js';

@Module({ imports: [AuditTrailModule, CredentialsModule], providers: [IncidentBriefs, Incidents, LeakIncidents, OwnIncidents], exports: [IncidentBriefs, Incidents, LeakIncidents, OwnIncidents] })
export class IncidentsModule {}

@Module({ imports: [AuditTrailModule, IncidentsModule], controllers: [IncidentsController, IncidentBundleController], providers: [IncidentBundles] })
export class IncidentsHttpModule {}

/** The part that runs on a schedule. */
@Module({ imports: [CredentialsModule], providers: [CallerActivityStore, Correlation, CorrelationJob, UsualNetworks], exports: [Correlation] })
export class CorrelationModule {}
