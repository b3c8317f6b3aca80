import { Module } from '@nestjs/common';
import { AuditTrailModule } from '@keytrail/audit-trail';
import { Credentials } from './credentials.service.js';
import { IntrospectionController } from './introspection.controller.js';
import { KeyIntrospection } from './introspection.service.js';
import { KeyDirectory } from './key-directory.service.js';
import { KeyMaterialController } from './key-material.controller.js';
import { keysControllers } from './keys.controller.js';
import { LastUseStore } from './last-use.store.js';
import { Owners } from './owners.service.js';
import { RegistryController } from './registry.controller.js';
import { Registry } from './registry.service.js';
import { Succession } from './succession.service.js';
import { WorkspaceSecrets } from './workspace-secrets.service.js';

const services = [Credentials, KeyDirectory, KeyIntrospection, Owners, Registry, Succession, WorkspaceSecrets];

/** The registry, without its HTTP edge: for processes that only look keys up. */
@Module({ imports: [AuditTrailModule], providers: [...services, LastUseStore], exports: services })
export class CredentialsModule {}

@Module({ imports: [CredentialsModule], controllers: [...keysControllers, IntrospectionController, KeyMaterialController, RegistryController] })
export class CredentialsHttpModule {}
