import { Module, type DynamicModule } from '@nestjs/common';
import { AuditTrailModule } from '@keytrail/audit-trail';
import { ContainmentModule } from '@keytrail/containment';
import { CredentialsModule } from '@keytrail/credentials';
import { IncidentsModule } from '@keytrail/incidents';
import { GithubKeyList } from './github-key-list.service.js';
import { GithubLeaksController } from './github-leaks.controller.js';
import { GithubLeaks } from './github-leaks.service.js';
import { LeakIntake } from './leak-intake.service.js';
import { LeaksController } from './leaks.controller.js';
import { Leaks } from './leaks.service.js';
import { LeakSettings } from './leaks.settings.js';

/** Reports of leaked secrets, over HTTP. */
@Module({})
export class LeaksModule {
  static forRoot(settings: LeakSettings): DynamicModule {
    return {
      module: LeaksModule,
      imports: [AuditTrailModule, CredentialsModule, IncidentsModule, ContainmentModule],
      controllers: [GithubLeaksController, LeaksController],
      providers: [{ provide: LeakSettings, useValue: settings }, GithubKeyList, GithubLeaks, LeakIntake, Leaks],
    };
  }
}
