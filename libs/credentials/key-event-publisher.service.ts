import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { KafkaKeyEvents } from '@keytrail/kafka';
import { Database } from '@keytrail/postgres';
import { presentEvent } from './key-event.js';
import { keyEventsAfter } from './key-event.store.js';
import { holdTopic, releaseTopic, settleTopic, type TopicHold } from './key-event-topic.store.js';

const LOOK_EVERY_MS = 200;
const TRY_AGAIN_MS = 2_000;
/** A stop waits no longer for a broker that does not answer. */
const LONGEST_STOP_MS = 3_000;
/** Longer than a request to the broker with its retries; a process that is killed keeps the topic no longer than this. */
const HELD_MS = 60_000;
const PAGE = 500;

/**
 * Writes key events to their Kafka topic, each at least once, one process at a time. What is noted as written comes after the broker has it:
 * a process that ends in between leaves events to be written again, under the positions they had.
 */
@Injectable()
export class KeyEventPublisher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('key-events');
  private readonly hold: TopicHold;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;
  private failing = false;

  constructor(private readonly database: Database, private readonly kafka: KafkaKeyEvents) {
    this.hold = { topic: kafka.topic, holder: randomUUID() };
  }

  onApplicationBootstrap(): void {
    this.schedule();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    const idle = await Promise.race([this.running.then(() => true), delay(LONGEST_STOP_MS, false, { ref: false })]);
    if (!idle) return;
    await releaseTopic(this.database, this.hold).catch(() => undefined);
    await Promise.race([this.kafka.close().catch(() => undefined), delay(LONGEST_STOP_MS, undefined, { ref: false })]);
  }

  private schedule(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.publish().then(() => this.say(undefined), (error: unknown) => this.say(error)).finally(() => this.schedule());
    }, this.failing ? TRY_AGAIN_MS : LOOK_EVERY_MS);
  }

  private async publish(): Promise<void> {
    while (!this.stopped) {
      const position = await holdTopic(this.database, this.hold, HELD_MS);
      if (position === undefined) return;
      const rows = await keyEventsAfter(this.database, position, PAGE);
      const last = rows.at(-1);
      if (last === undefined) return;
      await this.kafka.send(rows.map((row) => ({ key: row.key_id, value: JSON.stringify(presentEvent(row)) })));
      await settleTopic(this.database, this.hold, last.position);
    }
  }

  /** Once when it begins to fail, once when it works again. */
  private say(error: unknown): void {
    if (error !== undefined && !this.failing) this.logger.warn(`events wait for their topic ${this.hold.topic}: ${error instanceof Error ? error.message : String(error)}`);
    if (error === undefined && this.failing) this.logger.log(`events reach their topic ${this.hold.topic} again`);
    this.failing = error !== undefined;
  }
}
