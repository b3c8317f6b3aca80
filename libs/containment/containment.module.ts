import { Module } from '@nestjs/common';
import { AuditTrailModule } from '@keytrail/audit-trail';
import { CredentialsModule } from '@keytrail/credentials';
import { IncidentsModule } from '@keytrail/incidents';
import { ContainmentController } from './containment.controller.js';
import { Containment } from './containment.service.js';

@Module({
  imports: [AuditTrailModule, CredentialsModule, IncidentsModule], controllers: [ContainmentController], providers: [Containment],
  exports: [Containment],
})
export class ContainmentModule {}
