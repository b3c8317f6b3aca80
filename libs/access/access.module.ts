import { Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuditTrailModule } from '@keytrail/audit-trail';
import { AccessController } from './access.controller.js';
import { AccessGuard } from './access.guard.js';
import { AccessSettings } from './access.settings.js';
import { AccessTokenStore } from './access-token.store.js';
import { Authentication } from './authentication.service.js';
import { SessionController, SessionsController } from './session.controller.js';
import { SessionStore } from './session.store.js';
import { IdentityProvider } from './oidc/identity-provider.service.js';
import { OidcController } from './oidc/oidc.controller.js';

/** Guards every route of the process. */
@Module({})
export class AccessModule {
  static forRoot(settings: AccessSettings, options: { manage: boolean } = { manage: true }): DynamicModule {
    return {
      module: AccessModule,
      global: true,
      imports: [AuditTrailModule],
      controllers: options.manage ? [AccessController, SessionController, SessionsController, OidcController] : [],
      providers: [
        { provide: AccessSettings, useValue: settings }, AccessTokenStore, IdentityProvider, SessionStore, Authentication, { provide: APP_GUARD, useClass: AccessGuard },
      ],
      exports: [AccessTokenStore, Authentication],
    };
  }
}
