import { createHash } from 'node:crypto';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { RequestLogFormat } from '@keytrail/contracts';
import { KafkaDeadLetters, LogSource, type LogBatch, type LogMessage, type Taken } from '@keytrail/kafka';
import { Clock, Metrics, WorkspaceScope } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { DeadLetterStore, type NewDeadLetter } from './dead-letter.store.js';
import { IntakeCountStore, type IntakeCounts } from './intake-count.store.js';
import { RequestLogIntake } from './intake.service.js';
import { planStep, type OffsetRange, type PartitionLedger, type Step } from './ledger.js';
import { LedgerStore } from './ledger.store.js';
import { parseMessage } from './parse-body.js';
import { RequestLogStore } from './request-log.store.js';
import { ParsedLine, type RawLine } from './raw-line.js';
import { RepeatedInsert } from './repeated-insert.service.js';

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

/** What this process knows of a partition it reads. */
interface PartitionState {
  assignment: number;
  ledger: PartitionLedger;
  /** When the pending range was announced; null when there is none. */
  announced_at: Date | null;
  gathered: LogMessage[];
  sought: boolean;
}

/**
 * Moves request logs from Kafka into the store, each exactly once. A range of offsets is announced in the ledger before it is stored as one
 * block under one token, and settled after. Whatever ends in between is stored again under the same token, which changes nothing if it was
 * stored before.
 */
@Injectable()
export class KafkaCollector implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('collector');
  private readonly partitions = new Map<string, PartitionState>();

  constructor(
    private readonly source: LogSource, private readonly letterTopic: KafkaDeadLetters, private readonly settings: KafkaCollectorSettings,
    private readonly intake: RequestLogIntake, private readonly store: RequestLogStore, private readonly deadLetters: DeadLetterStore,
    private readonly ledger: LedgerStore, private readonly repeated: RepeatedInsert, private readonly counts: IntakeCountStore,
    private readonly database: Database, private readonly metrics: Metrics, private readonly clock: Clock,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.source.start((batch) => this.take(batch));
    this.logger.log(`topics: ${[...this.settings.topics.keys()].join(', ')}`);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.source.stop();
    await this.letterTopic.close();
  }

  /** Takes a batch in, or says where to read instead. Rejects when a store does not answer, or when the partition was lost; nothing is skipped. */
  async take(batch: LogBatch): Promise<Taken> {
    const state = await this.stateOf(batch);
    let messages: readonly LogMessage[] = batch.messages;
    for (;;) {
      const step = planStep(state.ledger, messages, state.gathered, state.sought);
      state.sought = step.kind === 'seek';
      if (step.kind === 'seek') {
        state.gathered = [];
        return { stored: state.ledger.next, readOnFrom: step.to };
      }
      if (step.kind === 'gather') state.gathered = step.messages;
      if (step.kind !== 'store') break;
      await this.storeRange(batch, state, step);
      messages = messages.filter(({ offset }) => offset > step.range.last);
    }
    this.metrics.kafkaLag.set({ topic: batch.topic, partition: batch.partition }, batch.lag);
    return { stored: state.ledger.next };
  }

  /** The ledger is claimed anew with every assignment: another collector may have gone on with the partition meanwhile. */
  private async stateOf(batch: LogBatch): Promise<PartitionState> {
    const key = `${batch.topic}/${batch.partition}`;
    const known = this.partitions.get(key);
    if (known?.assignment === batch.assignment) return known;
    const { announced_at, ...ledger } = await this.ledger.claim(batch);
    const state: PartitionState = { assignment: batch.assignment, ledger, announced_at, gathered: [], sought: false };
    this.partitions.set(key, state);
    return state;
  }

  private async storeRange(batch: LogBatch, state: PartitionState, { range, messages, replay, lost }: Step<LogMessage> & { kind: 'store' }): Promise<void> {
    if (lost > 0) {
      this.metrics.kafkaLost.inc({ topic: batch.topic }, lost);
      this.logger.error(`${batch.topic}/${batch.partition}: ${lost} offsets from ${range.first} on are gone from the broker and were never read`);
    }
    const { epoch } = state.ledger;
    if (!replay) {
      if (!await this.ledger.announce(batch, epoch, range)) this.giveUp(batch);
      Object.assign(state, { ledger: { ...state.ledger, pending: range }, announced_at: this.clock.date() });
    }
    const taken = await this.storeMessages(batch, range, messages, replay ? state.announced_at : null);
    const settled = await this.database.transaction().execute(async (transaction) => {
      if (!await this.ledger.settle(transaction, batch, epoch, range)) return false;
      await this.counts.add(transaction, `${SOURCE}:${batch.topic}`, taken);
      return true;
    });
    if (!settled) this.giveUp(batch);
    state.ledger = { next: range.last + 1, pending: null, epoch };
    Object.assign(state, { gathered: [], announced_at: null });
    this.intake.count(SOURCE, { received: taken.received, stored: taken.stored, deadLettered: taken.dead_lettered });
  }

  /** Rows, dead letters and dead-letter topic. Doing it again changes nothing: `announcedAt` says that it may have been done then. */
  private async storeMessages(batch: LogBatch, range: OffsetRange, messages: readonly LogMessage[], announcedAt: Date | null): Promise<IntakeCounts> {
    const topic = this.settings.topics.get(batch.topic) ?? { format: 'native' as const, workspace: undefined };
    const context = await this.intake.contextFor({ source: SOURCE, scope: WorkspaceScope.all, ...topic, asOf: announcedAt ?? undefined });
    const taken = await this.intake.takeIn(linesOf(batch, messages, topic.format, this.clock.now()), topic.format, context);
    const token = createHash('sha256').update(`${batch.topic}-${batch.partition}-${range.first}-${range.last}`).digest('hex');
    if (announcedAt === null) await this.store.insert(taken.rows, token);
    else await this.repeated.storeAgain(taken.rows, { token, announcedAt, what: `${batch.topic}/${batch.partition} offsets ${range.first} to ${range.last}` });
    const letters = await this.intake.deadLetters(taken, context, (line) => positionOf(batch, line));
    if (letters.length > 0) {
      await this.letterTopic.send(letters.map((letter) => ({ key: letter.position, value: JSON.stringify(letterMessage(letter)) })));
      await this.deadLetters.keep(letters);
    }
    return { received: taken.received, stored: taken.rows.length, dead_lettered: taken.received - taken.rows.length };
  }

  private giveUp(batch: LogBatch): never {
    this.partitions.delete(`${batch.topic}/${batch.partition}`);
    throw new Error(`${batch.topic}/${batch.partition} was taken over by another collector; it is claimed anew if it is still ours`);
  }
}

/**
 * The lines of every message, in order; each knows its offset. A message is as old as the broker says, however late it is read; one from
 * a producer that gave no time, or whose clock is not set, counts as read just now.
 */
function* linesOf(batch: LogBatch, messages: readonly LogMessage[], format: RequestLogFormat, now: number): Generator<RawLine> {
  const { topic, partition } = batch;
  for (const { offset, timestamp, value, unreadable } of messages) {
    const receivedAt = timestamp >= EARLIEST_TIMESTAMP && timestamp <= now + FURTHEST_AHEAD_MS ? timestamp : now;
    for (const line of linesIn(value, format, unreadable)) {
      line.receivedAt = receivedAt;
      line.topic = topic;
      line.partition = partition;
      line.offset = offset;
      line.message = value;
      yield line;
    }
  }
}

/** At least one: an offset without a line would be neither stored nor a dead letter. */
function linesIn(value: Buffer, format: RequestLogFormat, unreadable: string | undefined): ParsedLine[] {
  const whole = new ParsedLine(1, value, 0, value.length);
  if (unreadable !== undefined) return [whole.refuse({ code: 'unreadable_batch', reason: `the batch it came in cannot be unpacked: ${unreadable}` })];
  const lines = parseMessage(value, format);
  return lines.length > 0 ? lines : [whole.refuse({ code: 'not_an_object', reason: 'the message is empty' })];
}

/** A line, or the whole message. */
const positionOf = (batch: LogBatch, { offset, line }: RawLine) => `${batch.topic}/${batch.partition}/${offset}${line === 0 ? '' : ` line ${line}`}`;

/** What the dead-letter topic is told: where the message is, why it was refused, and the line, redacted. */
const letterMessage = ({ dead_letter_id, position, topic, partition, offset, format, code, reason, sha256, payload, whole }: NewDeadLetter) =>
  ({ dead_letter_id, position, topic, partition, offset, format, code, reason, sha256, payload, whole });
