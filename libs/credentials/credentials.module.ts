import { Module } from '@nestjs/common';
import { AuditTrailModule } from '@keytrail/audit-trail';
import { ApiKeysController } from './api-keys.controller.js';
import { ApiKeys } from './api-keys.service.js';
import { KeyDirectory } from './key-directory.service.js';
import { RegistryController } from './registry.controller.js';
import { Registry } from './registry.service.js';

/** The registry, without its HTTP edge: for processes that only look keys up. */
@Module({ imports: [AuditTrailModule], providers: [ApiKeys, Registry, KeyDirectory], exports: [ApiKeys, Registry, KeyDirectory] })
export class CredentialsModule {}

@Module({ imports: [CredentialsModule], controllers: [ApiKeysController, RegistryController] })
export class CredentialsHttpModule {}
