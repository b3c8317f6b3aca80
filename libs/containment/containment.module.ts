import { Module } from '@nestjs/common';
import { CredentialsModule } from '@keytrail/credentials';
import { IncidentsModule } from '@keytrail/incidents';
import { ContainmentController } from './containment.controller.js';
import { Containment } from './containment.service.js';

@Module({
  imports: [CredentialsModule, IncidentsModule], controllers: [ContainmentController], providers: [Containment], exports: [Containment],
})
export class ContainmentModule {}
