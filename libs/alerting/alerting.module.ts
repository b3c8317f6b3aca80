import { Module, type DynamicModule } from '@nestjs/common';
import { AuditTrailModule } from '@keytrail/audit-trail';
import { CredentialsModule } from '@keytrail/credentials';
import { IncidentsModule } from '@keytrail/incidents';
import { AlertChannelsController } from './alert-channels.controller.js';
import { AlertChannels } from './alert-channels.service.js';
import { AlertDeliveriesController } from './alert-deliveries.controller.js';
import { AlertDeliveries } from './alert-deliveries.service.js';
import { AlertRoutesController } from './alert-routes.controller.js';
import { AlertRoutes } from './alert-routes.service.js';
import { AlertingSettings } from './alerting.settings.js';
import { AlertsJob } from './alerts.job.js';
import { ChannelHealth } from './channel-health.service.js';
import { AlertSecrets } from './channel-secrets.service.js';
import { FanOut } from './fan-out.service.js';
import { HeldBack } from './held-back.service.js';
import { AlertOutlets } from './outlets.service.js';
import { AlertSender } from './sender.service.js';
import { SilencesController } from './silences.controller.js';
import { Silences } from './silences.service.js';

/** Tells people of incidents, for as long as the process runs, and serves what there is to say about that over HTTP. Any number of processes share the work. */
@Module({})
export class AlertingModule {
  static forRoot(settings: AlertingSettings): DynamicModule {
    return {
      module: AlertingModule,
      imports: [AuditTrailModule, CredentialsModule, IncidentsModule],
      controllers: [AlertChannelsController, AlertDeliveriesController, AlertRoutesController, SilencesController],
      providers: [
        { provide: AlertingSettings, useValue: settings }, AlertChannels, AlertDeliveries, AlertOutlets, AlertRoutes, AlertSecrets, AlertSender, AlertsJob, ChannelHealth, FanOut, HeldBack, Silences,
      ],
    };
  }
}
