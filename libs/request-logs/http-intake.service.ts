import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { IntakeQuery, IntakeResult, LineError } from '@keytrail/contracts';
import { AppError, Clock, newId, type Caller } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { DeadLetterStore } from './dead-letter.store.js';
import { decompress } from './decompress.js';
import { GatheredRows } from './gathered-rows.js';
import { GroupCommit } from './group-commit.js';
import { IntakeBudget, type Held } from './intake-budget.js';
import { IntakeCountStore } from './intake-count.store.js';
import { RequestLogIntake } from './intake.service.js';
import { parseBody } from './parse-body.js';
import { RepeatedInsert } from './repeated-insert.service.js';
import { RequestLogStore } from './request-log.store.js';
import type { RequestLogRow } from './row.js';
import type { RawLine } from './raw-line.js';
import { MOST_LINES, requestsOf, tooManyLines } from './too-many-lines.js';

const SOURCE = 'http';
const ERRORS_SHOWN = 100;
/** Bodies and rows that are being taken in hold about this much, whatever comes at once. */
const MOST_BYTES_AT_ONCE = 320 * 1024 * 1024;
/** Small batches of so short a time go to the store as one. */
const MOST_ROWS_A_GROUP = 5_000;
/** What a line costs besides its bytes: its row, the JSON of it, and what goes to the store. */
const BYTES_A_LINE = 2048;

/** A batch as it was sent. */
export interface SentBatch {
  body: Buffer;
  encoding: string | undefined;
  query: IntakeQuery;
  idempotencyKey: string | undefined;
}

interface BatchCounts {
  received: number;
  stored: number;
  dead_lettered: number;
}

/** A batch that came before under its Idempotency-Key. */
interface KnownBatch {
  receivedAt: number;
  /** null: it is being taken in, or was when a process ended. */
  counts: BatchCounts | null;
}

/** Takes request logs over HTTP. An answer of 2xx means that every good line is stored for good and every bad one kept as a dead letter. */
@Injectable()
export class HttpIntake {
  private readonly budget = new IntakeBudget(MOST_BYTES_AT_ONCE);
  private readonly group = new GroupCommit<RequestLogRow>((rows) => this.store.insert(rows, tokenOf(newId('batch'))), MOST_ROWS_A_GROUP);

  constructor(
    private readonly intake: RequestLogIntake, private readonly store: RequestLogStore, private readonly repeated: RepeatedInsert, private readonly deadLetters: DeadLetterStore,
    private readonly counts: IntakeCountStore, private readonly database: Database, private readonly clock: Clock,
  ) {}

  /**
   * A batch with an Idempotency-Key is stored once, however often it is sent. Throws 422 when not one line is good, 429 when others
   * that are being taken in leave no room.
   */
  async take(caller: Caller, sent: SentBatch): Promise<IntakeResult> {
    const held = this.budget.open();
    try {
      held.take(sent.body.length);
      const body = await decompress(sent.body, sent.encoding, (bytes) => held.take(bytes));
      return await this.takeBody(caller, body, sent, held);
    } finally {
      held.release();
    }
  }

  private async takeBody(caller: Caller, body: Buffer, sent: Pick<SentBatch, 'query' | 'idempotencyKey'>, held: Held): Promise<IntakeResult> {
    const { query, idempotencyKey } = sent;
    const lines = linesIn(body);
    if (query.workspace !== undefined) caller.scope.assertAllows(query.workspace);
    const sha256 = idempotencyKey === undefined ? '' : createHash('sha256').update(body).update(`\0${query.format}\0${query.workspace ?? ''}`).digest('hex');
    const token = tokenOf(idempotencyKey === undefined ? newId('batch') : `${caller.actor}\0${idempotencyKey}`);
    const known = idempotencyKey === undefined ? undefined : await this.findBatch(token, sha256);
    if (known?.counts) return this.duplicate(known.counts);
    const receivedAt = known?.receivedAt ?? this.clock.now();
    const context = await this.intake.contextFor({ source: SOURCE, scope: caller.scope, format: query.format, workspace: query.workspace,
      asOf: known && new Date(known.receivedAt) });
    const taken = await this.intake.takeIn(linesOf(body, query, receivedAt, held), context, new GatheredRows({ mostKept: known === undefined ? MOST_ROWS_A_GROUP : Infinity, expected: lines }));
    if (taken.received === 0) throw new AppError({ code: 'empty_batch', status: 400, message: 'The body holds no line.' });
    if (idempotencyKey !== undefined && known === undefined && !await this.claim(token, sha256, receivedAt)) {
      // Another call was first: the lines are read as it reads them, so that a bad one makes no second dead letter.
      return this.takeBody(caller, body, sent, held);
    }
    // Under an Idempotency-Key the rows are a block of their own, or a batch sent again could not be told from it.
    if (idempotencyKey === undefined && taken.rows.length < MOST_ROWS_A_GROUP) await this.group.add(taken.rows.asRows());
    else if (known === undefined) await this.store.insert(taken.rows, token);
    else await this.repeated.storeAgain(taken.rows.asRows(), { token, announcedAt: new Date(known.receivedAt), what: `a batch of ${caller.actor}` });
    const counts: BatchCounts = { received: taken.received, stored: taken.rows.length, dead_lettered: taken.received - taken.rows.length };
    await this.deadLetters.keep(await this.intake.deadLetters(taken, context, ({ line }) => `batch ${token.slice(0, 12)} line ${line}`));
    if (!await this.settle(idempotencyKey === undefined ? undefined : token, counts)) return this.duplicate(counts);
    this.intake.count(SOURCE, { received: counts.received, stored: counts.stored, deadLettered: counts.dead_lettered });
    const errors = taken.refused.slice(0, ERRORS_SHOWN).map(({ from, problem }): LineError => ({ line: from.line, ...problem }));
    const result: IntakeResult = { ...counts, duplicate: false, errors };
    if (counts.stored > 0) return result;
    throw new AppError({
      code: 'no_valid_lines', status: 422, message: 'Not one line could be stored; all are kept as dead letters.', members: { ...result },
    });
  }

  private duplicate(batch: BatchCounts): IntakeResult {
    this.intake.count(SOURCE, { received: batch.received, stored: 0, deadLettered: 0, duplicates: batch.received });
    return { ...batch, duplicate: true, errors: [] };
  }

  /**
   * Takes the key for this body before anything is stored: the store drops what comes under a token a second time, so two bodies must
   * never share one. false: another call has it.
   */
  private async claim(token: string, sha256: string, receivedAt: number): Promise<boolean> {
    const claimed = await this.database.insertInto('intake_batches').values({ token, body_sha256: sha256, created_at: new Date(receivedAt) })
      .onConflict((conflict) => conflict.doNothing()).returning('token').executeTakeFirst();
    return claimed !== undefined;
  }

  /** Counts the batch, and says under its token that it is stored. false: another call was first. */
  private settle(token: string | undefined, counts: BatchCounts): Promise<boolean> {
    return this.database.transaction().execute(async (transaction) => {
      if (token !== undefined) {
        const settled = await transaction.updateTable('intake_batches').set(counts).where('token', '=', token).where('stored', 'is', null)
          .returning('token').executeTakeFirst();
        if (settled === undefined) return false;
      }
      await this.counts.add(transaction, SOURCE, counts);
      return true;
    });
  }

  private async findBatch(token: string, sha256: string): Promise<KnownBatch | undefined> {
    const batch = await this.database.selectFrom('intake_batches').selectAll().where('token', '=', token).executeTakeFirst();
    if (batch === undefined) return undefined;
    if (batch.body_sha256 !== sha256) {
      throw new AppError({ code: 'idempotency_key_reused', status: 422, message: 'This Idempotency-Key was used for another batch.' });
    }
    const { received, stored, dead_lettered } = batch;
    const isStored = received !== null && stored !== null && dead_lettered !== null;
    return { receivedAt: batch.created_at.getTime(), counts: isStored ? { received, stored, dead_lettered } : null };
  }
}

const tokenOf = (name: string) => createHash('sha256').update(name).digest('hex');

function* linesOf(body: Buffer, { format }: IntakeQuery, receivedAt: number, held: Held): Generator<RawLine> {
  let requests = 0;
  for (const parsed of parseBody(body, { format, maxItems: MOST_LINES })) {
    const more = requestsOf(parsed);
    requests += more;
    if (requests > MOST_LINES) throw tooManyLines();
    held.take(more * BYTES_A_LINE);
    parsed.receivedAt = receivedAt;
    yield parsed;
  }
}

/** Every bad line becomes a dead letter; a body of nothing but line feeds and braces must not become millions: 413. */
function linesIn(body: Buffer): number {
  let lines = 0;
  for (let at = body.indexOf(0x0a); at !== -1; at = body.indexOf(0x0a, at + 1)) {
    lines += 1;
    if (lines > MOST_LINES) throw tooManyLines();
  }
  return lines;
}
