import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { KafkaKeyEvents, createKafka } from '@keytrail/kafka';
import { AlertingSettings } from './alerting.settings.js';
import type { Outlets } from './channels/channel.js';
import { AddressGuard } from './outgoing/address-guard.js';
import { HttpOutlet } from './outgoing/http-outlet.js';

/** The ways out of this process that channels use. */
@Injectable()
export class AlertOutlets implements Outlets, OnApplicationShutdown {
  readonly guard: AddressGuard;
  readonly http: HttpOutlet;
  readonly timeoutMs: number;
  readonly kafka: Outlets['kafka'];
  private readonly topics = new Map<string, KafkaKeyEvents>();

  constructor({ allowedNetworks, timeoutMs, brokers }: AlertingSettings) {
    this.guard = new AddressGuard(allowedNetworks);
    this.http = new HttpOutlet(this.guard, timeoutMs);
    this.timeoutMs = timeoutMs;
    const kafka = brokers && createKafka(brokers, { tryOnce: true });
    this.kafka = kafka && (async (topic, message) => {
      const writer = this.topics.get(topic) ?? new KafkaKeyEvents(kafka, topic);
      this.topics.set(topic, writer);
      await writer.send([message]);
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.http.close();
    await Promise.all([...this.topics.values()].map((topic) => topic.close().catch(() => undefined)));
  }
}
