import { createHash } from 'node:crypto';
import { Injectable, Optional } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import type { ReplayDeadLetters, ReplayResult, RequestLogFormat } from '@keytrail/contracts';
import { MessageReader, placeOf, type MessagePlace } from '@keytrail/kafka';
import { Clock, Metrics, type Caller } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { DeadLetterStore, type KeptLetter } from './dead-letter.store.js';
import { IntakeCountStore } from './intake-count.store.js';
import { RequestLogIntake, type LetterIntake } from './intake.service.js';
import { lineInMessage, readLetter, redactorOfRedacted, type LetterBytes } from './read-letter.js';
import { RepeatedInsert } from './repeated-insert.service.js';
import { RequestLogStore } from './request-log.store.js';
import type { RequestLogRow } from './row.js';

type Outcome = ReplayResult['data'][number];

/** The bytes of a letter, or why they cannot be had. */
type Content = LetterBytes & { redacted: boolean; missing?: undefined } | { missing: string };

/** What one call has in common for all its letters. */
interface Call {
  caller: Caller;
  request: ReplayDeadLetters;
  messages: ReadonlyMap<string, Buffer>;
  contextFor(letter: KeptLetter, format: RequestLogFormat): Promise<LetterIntake>;
}

/**
 * Takes dead letters in again: from their place in Kafka where this process reads Kafka and the message is still there, else from the
 * kept payload when that is the whole line. A letter is announced before it is stored as a block under a token of its own, and settled
 * with the counts in one transaction: whatever ends in between, it is stored once.
 */
@Injectable()
export class DeadLetterReplay {
  constructor(
    private readonly letters: DeadLetterStore, private readonly intake: RequestLogIntake, private readonly store: RequestLogStore,
    private readonly repeated: RepeatedInsert, private readonly counts: IntakeCountStore, private readonly auditTrail: AuditTrail, private readonly database: Database,
    private readonly metrics: Metrics, private readonly clock: Clock, @Optional() private readonly reader?: MessageReader,
  ) {}

  /** One letter that cannot be stored holds up no other. Rejects when a store does not answer; those before it are settled then. */
  async replay(caller: Caller, request: ReplayDeadLetters): Promise<ReplayResult> {
    if (request.workspace !== undefined) caller.scope.assertAllows(request.workspace);
    const { letters, next_cursor } = await this.lettersOf(caller, request);
    const call: Call = { caller, request, messages: await this.messagesOf(letters), contextFor: this.contexts(caller, request) };
    const data: Outcome[] = [];
    for (const letter of letters) data.push(await this.replayLetter(letter, call));
    const found = new Set(letters.map(({ dead_letter_id }) => dead_letter_id));
    for (const id of request.dead_letter_ids ?? []) {
      if (!found.has(id)) data.push({ dead_letter_id: id, outcome: 'not_found', rows: 0, code: null, reason: null });
    }
    const replayed = data.filter(({ outcome }) => outcome === 'replayed' || outcome === 'would_be_replayed').length;
    return { dry_run: request.dry_run, replayed, data, next_cursor };
  }

  private async lettersOf({ scope }: Caller, request: ReplayDeadLetters): Promise<{ letters: KeptLetter[]; next_cursor: string | null }> {
    if (request.dead_letter_ids !== undefined) return { letters: await this.letters.find(scope, [...new Set(request.dead_letter_ids)]), next_cursor: null };
    return this.letters.waiting(scope, request.filter ?? {}, request.limit, request.cursor);
  }

  private async messagesOf(letters: readonly KeptLetter[]): Promise<ReadonlyMap<string, Buffer>> {
    const places = letters.filter(({ replayed_at }) => replayed_at === null).map(kafkaPlaceOf).filter((place) => place !== undefined);
    if (this.reader === undefined || places.length === 0) return new Map();
    // Brokers that do not answer leave the kept payloads.
    return this.reader.read(places).catch(() => new Map<string, Buffer>());
  }

  /** The registry is read once for letters that were read alike. */
  private contexts({ scope }: Caller, request: ReplayDeadLetters): Call['contextFor'] {
    const known = new Map<string, Promise<LetterIntake>>();
    return ({ source, default_workspace }, format) => {
      const workspace = request.workspace ?? (default_workspace === '' ? undefined : default_workspace);
      const key = JSON.stringify([source, workspace, format]);
      const context = known.get(key) ?? this.intake.contextFor({ source, scope, format, workspace });
      known.set(key, context);
      return context;
    };
  }

  private async replayLetter(letter: KeptLetter, call: Call): Promise<Outcome> {
    const { request } = call;
    const stays = (outcome: Outcome['outcome'], code: string | null = null, reason: string | null = null): Outcome =>
      ({ dead_letter_id: letter.dead_letter_id, outcome, rows: 0, code, reason });
    if (letter.replayed_at !== null) return stays('already_replayed');
    if (letter.format === null) return stays('unreadable', 'not_kept', 'it was kept before letters could be replayed');
    const format = request.format ?? letter.format;
    if (letter.items !== null && format !== letter.format) {
      return stays('unreadable', 'partly_stored', 'other requests of its line are stored: it cannot be read in another format');
    }
    const content = contentOf(letter, letter.format, call.messages);
    if (content.missing !== undefined) return stays('unreadable', 'no_content', content.missing);
    const context = await call.contextFor(letter, format);
    const { rows, problem } = readLetter(content, format, letter.items, {
      ...context, ...(content.redacted && { redactor: redactorOfRedacted(context.redactor) }), ...(kafkaPlaceOf(letter) ?? {}), receivedAt: this.clock.now(),
    });
    if (rows === undefined) {
      if (!request.dry_run) await this.letters.noteProblem(letter.dead_letter_id, problem);
      return stays('refused', problem.code, problem.reason);
    }
    if (request.dry_run) return { ...stays('would_be_replayed'), rows: rows.length };
    if (!await this.letters.announceReplay(letter.dead_letter_id)) return stays('in_progress', 'in_progress', 'another call is at it, or ended less than a minute ago');
    const stored = await this.storeOnce(letter, rows, call, content.redacted).catch(async (error: unknown) => {
      await this.letters.letGo(letter.dead_letter_id).catch(() => undefined);
      throw error;
    });
    return stored === undefined ? stays('already_replayed') : { ...stays('replayed'), rows: stored };
  }

  /** How many request logs it gave; undefined when it was settled before. */
  private async storeOnce(letter: KeptLetter, rows: readonly RequestLogRow[], { caller, request }: Call, redacted: boolean): Promise<number | undefined> {
    const token = createHash('sha256').update(`replay-${letter.dead_letter_id}`).digest('hex');
    const { replay_started_at: announcedAt } = letter;
    if (announcedAt === null) await this.store.insert(rows, token);
    // Announced before: what was stored then counts, under whatever settings.
    const stored = announcedAt === null ? rows.length : await this.repeated.storeAgain(rows, { token, announcedAt, what: `dead letter ${letter.dead_letter_id}` });
    const { dead_letter_id: id, requests, position } = letter;
    const settled = await this.database.transaction().execute(async (transaction) => {
      if (!await this.letters.settleReplay(transaction, id, caller.actor)) return false;
      await this.counts.add(transaction, letter.topic === null ? letter.source : `kafka:${letter.topic}`,
        { received: stored - requests, stored, dead_lettered: -requests });
      await this.auditTrail.record(transaction, caller, {
        action: 'dead_letter.replayed', object_type: 'dead_letter', object_id: id, workspace_id: letter.workspace_id || null,
        detail: { source: letter.source, position, rows: stored, from: redacted ? 'payload' : 'source', format: request.format ?? letter.format,
          ...(request.workspace !== undefined && { workspace: request.workspace }) },
      });
      return true;
    });
    if (!settled) return undefined;
    this.metrics.replayed.inc({ source: letter.source }, requests);
    return stored;
  }
}

function kafkaPlaceOf({ topic, partition, offset }: KeptLetter): MessagePlace | undefined {
  return topic === null || partition === null || offset === null ? undefined : { topic, partition, offset };
}

function contentOf(letter: KeptLetter, format: RequestLogFormat, messages: ReadonlyMap<string, Buffer>): Content {
  const place = kafkaPlaceOf(letter);
  const message = place === undefined ? undefined : messages.get(placeOf(place));
  // Of a message that could not be unpacked nothing was known, its digest neither.
  const line = message === undefined ? undefined : letter.code === 'unreadable_batch' ? { bytes: message, isMessage: true } : lineInMessage(message, letter.sha256, format);
  if (line !== undefined) return { ...line, redacted: false };
  if (letter.whole) return { bytes: Buffer.from(letter.payload), isMessage: false, redacted: true };
  const cut = 'its kept payload is not the whole line';
  if (place === undefined) return { missing: cut };
  return { missing: `${cut}, and its source ${message === undefined ? 'is gone from Kafka or cannot be read here' : 'holds something else by now'}` };
}
