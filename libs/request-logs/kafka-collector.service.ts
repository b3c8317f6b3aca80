import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { RequestLogFormat } from '@keytrail/contracts';
import { KafkaDeadLetters, LogSource, type LogBatch, type LogMessage, type Taken } from '@keytrail/kafka';
import { Clock, Metrics, WorkspaceScope } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { DeadLetterStore, type NewDeadLetter } from './dead-letter.store.js';
import { GatheredRows } from './gathered-rows.js';
import { IntakeCountStore, type IntakeCounts } from './intake-count.store.js';
import { RequestLogIntake } from './intake.service.js';
import { planStep, tokenOfRange, type OffsetRange, type PartitionLedger, type Step } from './ledger.js';
import { LedgerStore, type PartitionLog } from './ledger.store.js';
import { PartitionLogs } from './partition-logs.service.js';
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
  log: PartitionLog;
  /** When the pending range was announced; null when there is none. */
  announced_at: Date | null;
  gathered: LogMessage[];
  sought: boolean;
  /** The ledger is claimed anew before the next try: it could not be told that it fits the log, and somebody may have set it right. */
  doubted: boolean;
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
    private readonly ledger: LedgerStore, private readonly logs: PartitionLogs, private readonly repeated: RepeatedInsert, private readonly counts: IntakeCountStore,
    private readonly database: Database, private readonly metrics: Metrics, private readonly clock: Clock,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.source.start((batch) => this.take(batch));
    this.logger.log(`topics: ${[...this.settings.topics.keys()].join(', ')}`);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.source.stop();
    await this.letterTopic.close();
    this.logs.close();
  }

  /** Takes a batch in, or says where to read instead. Rejects when a store does not answer, or when the partition was lost; nothing is skipped. */
  async take(batch: LogBatch): Promise<Taken> {
    const state = await this.stateOf(batch);
    if (!await this.isOfItsLog(batch, state)) return { stored: null, readOnFrom: 0 };
    let messages: readonly LogMessage[] = batch.messages;
    for (;;) {
      const step = planStep(state.ledger, messages, state.gathered, state.sought);
      if (step.kind === 'behind') {
        await this.stopIfCut(batch, state, step.expected);
        return { stored: state.ledger.next, readOnFrom: step.expected };
      }
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
    if (known?.assignment === batch.assignment && !known.doubted) return known;
    if (known !== undefined && known.assignment > batch.assignment) throw new Error(`${key} is read by a session that came later`);
    const { announced_at, log, ...ledger } = await this.ledger.claim(batch);
    const sought = known?.assignment === batch.assignment && known.sought;
    const state: PartitionState = { assignment: batch.assignment, ledger, log, announced_at, gathered: [], sought, doubted: false };
    this.partitions.set(key, state);
    return state;
  }

  /**
   * Whether the batch came from the log of which the ledger speaks. The brokers are asked after it was read: an id that still is the
   * ledger's was so then. A batch that came around the moment the topic was made anew is read again.
   */
  private async isOfItsLog(batch: LogBatch, state: PartitionState): Promise<boolean> {
    state.doubted = true;
    const outcome = await this.logs.check(batch, state);
    state.doubted = false;
    if (outcome === 'lost') this.giveUp(batch, state);
    if (outcome === 'same') return true;
    Object.assign(state, { ledger: { next: 0, pending: null, epoch: state.ledger.epoch }, log: outcome, announced_at: null, gathered: [], sought: false });
    return false;
  }

  /** Rejects when the log ends before what is stored of it, though it is the same as far as brokers tell: offsets may mean something else by now. */
  private async stopIfCut(batch: LogBatch, state: PartitionState, expected: number): Promise<void> {
    const end = (batch.messages.at(-1)?.offset ?? -1) + 1 + batch.lag;
    // More came meanwhile: the broker has it now.
    if (end >= expected) return;
    state.doubted = true;
    await this.logs.stop(batch, state.ledger.epoch, `the log ends at offset ${end}, and everything up to ${expected} is stored: it was cut, or is another one`);
  }

  private async storeRange(batch: LogBatch, state: PartitionState, { range, messages, replay, lost }: Step<LogMessage> & { kind: 'store' }): Promise<void> {
    if (lost > 0) {
      this.metrics.kafkaLost.inc({ topic: batch.topic }, lost);
      this.logger.error(`${batch.topic}/${batch.partition}: ${lost} offsets from ${range.first} on are gone from the broker and were never read`);
    }
    const { epoch } = state.ledger;
    if (!replay) {
      if (!await this.ledger.announce(batch, epoch, range)) this.giveUp(batch, state);
      Object.assign(state, { ledger: { ...state.ledger, pending: range }, announced_at: this.clock.date() });
    }
    const taken = await this.storeMessages(batch, range, messages, state, replay);
    const settled = await this.database.transaction().execute(async (transaction) => {
      if (!await this.ledger.settle(transaction, batch, epoch, range)) return false;
      await this.counts.add(transaction, `${SOURCE}:${batch.topic}`, taken);
      return true;
    });
    if (!settled) this.giveUp(batch, state);
    this.logs.goesOn(batch);
    state.ledger = { next: range.last + 1, pending: null, epoch };
    Object.assign(state, { gathered: [], announced_at: null });
    this.intake.count(SOURCE, { received: taken.received, stored: taken.stored, deadLettered: taken.dead_lettered });
  }

  /** Rows, dead letters and dead-letter topic. Doing it again changes nothing: `replay` says that it may have been done. */
  private async storeMessages(batch: LogBatch, range: OffsetRange, messages: readonly LogMessage[], { log, announced_at }: PartitionState, replay: boolean): Promise<IntakeCounts> {
    const announcedAt = replay ? announced_at : null;
    const topic = this.settings.topics.get(batch.topic) ?? { format: 'native' as const, workspace: undefined };
    const context = await this.intake.contextFor({ source: SOURCE, scope: WorkspaceScope.all, ...topic, asOf: announcedAt ?? undefined });
    const rows = new GatheredRows({ mostKept: announcedAt === null ? 0 : Infinity, expected: messages.length });
    const taken = await this.intake.takeIn(linesOf(batch, messages, topic.format, this.clock.now()), context, rows);
    const token = tokenOfRange(batch, range, log.generation);
    if (announcedAt === null) await this.store.insert(rows, token);
    else await this.repeated.storeAgain(rows.asRows(), { token, announcedAt, what: `${batch.topic}/${batch.partition} offsets ${range.first} to ${range.last}` });
    const letters = await this.intake.deadLetters(taken, context, (line) => positionOf(batch, line, log));
    if (letters.length > 0) {
      await this.letterTopic.send(letters.map((letter) => ({ key: letter.position, value: JSON.stringify(letterMessage(letter)) })));
      await this.deadLetters.keep(letters);
    }
    return { received: taken.received, stored: taken.rows.length, dead_lettered: taken.received - taken.rows.length };
  }

  /** Only its own state: a session that was left behind may find out late, when the next one has claimed the partition. */
  private giveUp(batch: LogBatch, state: PartitionState): never {
    const key = `${batch.topic}/${batch.partition}`;
    if (this.partitions.get(key) === state) this.partitions.delete(key);
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

/** A line, or the whole message; of topics that were made anew it says which one, so that a letter of each is kept. */
const positionOf = (batch: LogBatch, { offset, line }: RawLine, { generation }: PartitionLog) =>
  `${batch.topic}/${batch.partition}/${offset}${line === 0 ? '' : ` line ${line}`}${generation === 0 ? '' : ` of generation ${generation}`}`;

/** What the dead-letter topic is told: where the message is, why it was refused, and the line, redacted. */
const letterMessage = ({ dead_letter_id, position, topic, partition, offset, format, code, reason, sha256, payload, whole }: NewDeadLetter) =>
  ({ dead_letter_id, position, topic, partition, offset, format, code, reason, sha256, payload, whole });
