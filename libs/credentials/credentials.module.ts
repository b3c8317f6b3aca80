import { Module, type DynamicModule } from '@nestjs/common';
import type { KeyPlatformSettings, OwnerFileSettings } from '@keytrail/platform';
import { AuditTrailModule } from '@keytrail/audit-trail';
import { KafkaKeyEvents, createKafka } from '@keytrail/kafka';
import { KeyAuthorities } from './authority/key-authorities.service.js';
import { KeyPlatform } from './authority/key-platform.js';
import { KeySync } from './authority/key-sync.service.js';
import { KeySyncJob } from './authority/key-sync.job.js';
import { RemoteKeyAuthority } from './authority/remote-key-authority.service.js';
import { RemoteMirror } from './authority/remote-mirror.service.js';
import { Credentials } from './credentials.service.js';
import { IntrospectedKeys } from './introspected-keys.service.js';
import { IntrospectionController } from './introspection.controller.js';
import { KeyIntrospection } from './introspection.service.js';
import { KeyDirectory } from './key-directory.service.js';
import { KeyEventPublisher } from './key-event-publisher.service.js';
import { KeyFeed } from './key-feed.service.js';
import { KeyMaterialController } from './key-material.controller.js';
import { keysControllers } from './keys.controller.js';
import { LastUseStore } from './last-use.store.js';
import { NonceStore } from './nonce.store.js';
import { OwnerFile, OwnerFileJob } from './owners/owner-file.job.js';
import { OwnerImportsController } from './owners/owner-imports.controller.js';
import { ScimUsersController } from './owners/scim-users.controller.js';
import { OwnerImports } from './owners/owner-imports.service.js';
import { Owners } from './owners.service.js';
import { RegistryController } from './registry.controller.js';
import { SecretRecognition } from './recognition.service.js';
import { Registry } from './registry.service.js';
import { RevocationsController } from './revocations.controller.js';
import { Succession } from './succession.service.js';
import { WorkspaceSecrets } from './workspace-secrets.service.js';

const services = [
  Credentials, KeyAuthorities, KeyDirectory, KeyIntrospection, KeySync, OwnerImports, Owners, Registry, RemoteKeyAuthority, RemoteMirror, SecretRecognition, Succession, WorkspaceSecrets,
];

/** The registry, without its HTTP edge: for processes that only look keys up. */
@Module({ imports: [AuditTrailModule], providers: [...services, IntrospectedKeys, LastUseStore, NonceStore], exports: services })
export class CredentialsModule {}

@Module({ imports: [CredentialsModule], controllers: [...keysControllers, IntrospectionController, KeyMaterialController, OwnerImportsController, RegistryController, RevocationsController, ScimUsersController], providers: [KeyFeed] })
export class CredentialsHttpModule {}

/** Writes what becomes of keys to a Kafka topic, for as long as the process runs. */
@Module({})
export class KeyEventTopicModule {
  static forRoot({ brokers, topic }: { brokers: readonly string[]; topic: string }): DynamicModule {
    const kafka = new KafkaKeyEvents(createKafka(brokers, { tryOnce: true }), topic);
    return { module: KeyEventTopicModule, providers: [{ provide: KafkaKeyEvents, useValue: kafka }, KeyEventPublisher] };
  }
}

/** A platform that keeps API keys of its own, for the processes that talk to it: its keys are read as long as they run. */
@Module({})
export class KeyPlatformModule {
  static forRoot({ token, ...settings }: KeyPlatformSettings): DynamicModule {
    return {
      module: KeyPlatformModule, global: true, imports: [CredentialsModule],
      providers: [{ provide: KeyPlatform, useValue: new KeyPlatform(settings, token) }, KeySyncJob], exports: [KeyPlatform],
    };
  }
}

/** A file that tells of owners, for as long as the process runs. */
@Module({})
export class OwnerFileModule {
  static forRoot(settings: OwnerFileSettings): DynamicModule {
    return { module: OwnerFileModule, imports: [CredentialsModule], providers: [{ provide: OwnerFile, useValue: new OwnerFile(settings) }, OwnerFileJob] };
  }
}
