import { createHash } from 'node:crypto';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { RequestLogFormat } from '@keytrail/contracts';
import { KafkaDeadLetters, LogSource, type LogBatch } from '@keytrail/kafka';
import { Clock, Metrics, WorkspaceScope } from '@keytrail/platform';
import { DeadLetterStore, type NewDeadLetter } from './dead-letter.store.js';
import { RequestLogIntake } from './intake.service.js';
import { parseMessage } from './parse-body.js';
import { RequestLogStore } from './request-log.store.js';
import type { RawLine } from './raw-line.js';

export interface TopicSettings {
  format: RequestLogFormat;
  workspace: string | undefined;
}

/** How each topic is read. */
export class KafkaCollectorSettings {
  constructor(readonly topics: ReadonlyMap<string, TopicSettings>) {}
}

const SOURCE = 'kafka';
/** Kafka's message timestamps are older than this only when nobody set them. */
const EARLIEST_TIMESTAMP = Date.UTC(2005, 0, 1);
/** What brokers accept by default. */
const FURTHEST_AHEAD_MS = 3_600_000;

/** Moves request logs from Kafka into the store, batch by batch. Offsets follow the store, never the other way round. */
@Injectable()
export class KafkaCollector implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('collector');

  constructor(
    private readonly source: LogSource, private readonly letterTopic: KafkaDeadLetters, private readonly settings: KafkaCollectorSettings,
    private readonly intake: RequestLogIntake, private readonly store: RequestLogStore, private readonly deadLetters: DeadLetterStore,
    private readonly metrics: Metrics, private readonly clock: Clock,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.source.start((batch) => this.take(batch));
    this.logger.log(`reading ${[...this.settings.topics.keys()].join(', ')}`);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.source.stop();
    await this.letterTopic.close();
  }

  /** Stores a batch whole: rows, dead letters, dead-letter topic. Rejects when any of them cannot be written; then nothing is skipped. */
  async take(batch: LogBatch): Promise<void> {
    const topic = this.settings.topics.get(batch.topic) ?? { format: 'native' as const, workspace: undefined };
    const context = await this.intake.contextFor({ source: SOURCE, scope: WorkspaceScope.all, ...topic });
    const taken = await this.intake.takeIn(linesOf(batch, topic.format, this.clock.now()), topic.format, context);
    const first = batch.messages[0]?.offset;
    const last = batch.messages.at(-1)?.offset;
    await this.store.insert(taken.rows, createHash('sha256').update(`${batch.topic}-${batch.partition}-${first}-${last}`).digest('hex'));
    const letters = await this.intake.deadLetters(taken, context, (line) => positionOf(batch, line));
    if (letters.length > 0) {
      await this.letterTopic.send(letters.map((letter) => ({ key: letter.position, value: JSON.stringify(letterMessage(letter)) })));
      await this.deadLetters.keep(letters);
    }
    this.intake.count(SOURCE, { received: taken.received, stored: taken.rows.length, deadLettered: taken.refused.length });
    this.metrics.kafkaLag.set({ topic: batch.topic, partition: batch.partition }, batch.lag);
  }
}

/**
 * The lines of every message, in order; each knows its offset. A message is as old as the broker says, however late it is read; one from
 * a producer that gave no time, or whose clock is not set, counts as read just now.
 */
function* linesOf(batch: LogBatch, format: RequestLogFormat, now: number): Generator<RawLine> {
  const { topic, partition } = batch;
  for (const { offset, timestamp, value } of batch.messages) {
    const receivedAt = timestamp >= EARLIEST_TIMESTAMP && timestamp <= now + FURTHEST_AHEAD_MS ? timestamp : now;
    let empty = true;
    for (const parsed of parseMessage(value, format)) {
      empty = false;
      yield { ...parsed, receivedAt, topic, partition, offset };
    }
    if (empty) {
      yield { line: 1, raw: value, problem: { code: 'not_an_object', reason: 'the message is empty' }, receivedAt, topic, partition, offset };
    }
  }
}

const positionOf = (batch: LogBatch, line: RawLine) => `${batch.topic}/${batch.partition}/${line.offset} line ${line.line}`;

const letterMessage = ({ position, code, reason, sha256, payload }: NewDeadLetter) => ({ position, code, reason, sha256, payload });
