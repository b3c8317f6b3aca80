import { Module, type DynamicModule } from '@nestjs/common';
import { AuditTrailModule } from '@keytrail/audit-trail';
import { KafkaKeyEvents, createKafka } from '@keytrail/kafka';
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
import { Owners } from './owners.service.js';
import { RegistryController } from './registry.controller.js';
import { SecretRecognition } from './recognition.service.js';
import { Registry } from './registry.service.js';
import { RevocationsController } from './revocations.controller.js';
import { Succession } from './succession.service.js';
import { WorkspaceSecrets } from './workspace-secrets.service.js';

const services = [Credentials, KeyDirectory, KeyIntrospection, Owners, Registry, SecretRecognition, Succession, WorkspaceSecrets];

/** The registry, without its HTTP edge: for processes that only look keys up. */
@Module({ imports: [AuditTrailModule], providers: [...services, IntrospectedKeys, LastUseStore, NonceStore], exports: services })
export class CredentialsModule {}

@Module({ imports: [CredentialsModule], controllers: [...keysControllers, IntrospectionController, KeyMaterialController, RegistryController, RevocationsController], providers: [KeyFeed] })
export class CredentialsHttpModule {}

/** Writes what becomes of keys to a Kafka topic, for as long as the process runs. */
@Module({})
export class KeyEventTopicModule {
  static forRoot({ brokers, topic }: { brokers: readonly string[]; topic: string }): DynamicModule {
    const kafka = new KafkaKeyEvents(createKafka(brokers, { tryOnce: true }), topic);
    return { module: KeyEventTopicModule, providers: [{ provide: KafkaKeyEvents, useValue: kafka }, KeyEventPublisher] };
  }
}
