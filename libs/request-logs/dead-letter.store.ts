import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { Selectable } from 'kysely';
import type { DeadLetter, DeadLetterPage, DeadLetterQuery, ReplayDeadLetters } from '@keytrail/contracts';
import { Clock, decodeCursor, encodeCursor, idPosition, notFound, type WorkspaceScope } from '@keytrail/platform';
import { Database, inWorkspaces, type Executor, type Tables } from '@keytrail/postgres';
import type { DeadLetterOrigin } from './dead-letter-origin.js';
import type { OffsetRange } from './ledger.js';
import type { Partition } from './ledger.store.js';
import type { LineProblem } from './line-problem.js';

export interface NewDeadLetter extends DeadLetterOrigin {
  /** A letter is kept once, however often it comes. */
  dead_letter_id: string;
  workspace_id: string;
  source: string;
  /** Where in its source the line stood: `line 7`, `topic/partition/offset`. */
  position: string;
  code: string;
  reason: string;
  sha256: string;
  payload: string;
}

export type KeptLetter = Selectable<Tables['dead_letters']>;

type LetterFilter = NonNullable<ReplayDeadLetters['filter']> & Pick<DeadLetterQuery, 'state'>;

const ROWS_A_STATEMENT = 200;
const POSITION = idPosition('dl');
/** Whoever began to replay a letter and said nothing for so long has ended. */
const REPLAY_MS = 60_000;

/** Lines that could not be stored, redacted, with the reason. */
@Injectable()
export class DeadLetterStore {
  constructor(private readonly database: Database, private readonly clock: Clock) {}

  /** Not in one transaction: many letters would hold up everyone else, and one that is kept twice is kept once. */
  async keep(letters: readonly NewDeadLetter[]): Promise<void> {
    const received_at = this.clock.date();
    for (let start = 0; start < letters.length; start += ROWS_A_STATEMENT) {
      await this.database.insertInto('dead_letters')
        .values(letters.slice(start, start + ROWS_A_STATEMENT)
          .map((letter) => ({ ...letter, items: letter.items === null ? null : JSON.stringify(letter.items), received_at })))
        .onConflict((conflict) => conflict.doNothing()).execute();
      // The embedded database works on this thread and answers without ever letting it go.
      await nextTurn();
    }
  }

  /** Newest first. */
  async list(scope: WorkspaceScope, { cursor, limit, ...filter }: DeadLetterQuery): Promise<DeadLetterPage> {
    let select = this.matching(scope, filter).orderBy('dead_letter_id', 'desc').limit(limit + 1);
    if (cursor !== undefined) select = select.where('dead_letter_id', '<', decodeCursor(POSITION, cursor));
    const rows = await select.execute();
    const shown = rows.slice(0, limit);
    return { data: shown.map(present), next_cursor: rows.length > limit ? encodeCursor(shown.at(-1)?.dead_letter_id) : null };
  }

  /** Throws 404. */
  async get(scope: WorkspaceScope, id: string): Promise<DeadLetter> {
    const [letter] = await this.find(scope, [id]);
    if (letter === undefined) throw notFound('dead letter');
    return present(letter);
  }

  /** Those of these that the caller may see. */
  async find(scope: WorkspaceScope, ids: readonly string[]): Promise<KeptLetter[]> {
    return this.matching(scope, {}).where('dead_letter_id', 'in', ids).execute();
  }

  /** Those that wait, oldest first; the cursor leads to the ones behind them. */
  async waiting(scope: WorkspaceScope, filter: LetterFilter, limit: number, cursor: string | undefined): Promise<{ letters: KeptLetter[]; next_cursor: string | null }> {
    let select = this.matching(scope, { ...filter, state: 'waiting' }).orderBy('dead_letter_id').limit(limit + 1);
    if (cursor !== undefined) select = select.where('dead_letter_id', '>', decodeCursor(POSITION, cursor));
    const rows = await select.execute();
    const letters = rows.slice(0, limit);
    return { letters, next_cursor: rows.length > limit ? encodeCursor(letters.at(-1)?.dead_letter_id) : null };
  }

  /** Says durably that a letter is about to be stored. false: it is already, or another call is at it. */
  async announceReplay(id: string): Promise<boolean> {
    const row = await this.database.updateTable('dead_letters').set({ replay_started_at: this.clock.date() })
      .where('dead_letter_id', '=', id).where('replayed_at', 'is', null)
      .where((where) => where.or([where('replay_started_at', 'is', null), where('replay_started_at', '<', new Date(this.clock.now() - REPLAY_MS))]))
      .returning('dead_letter_id').executeTakeFirst();
    return row !== undefined;
  }

  /** After a failure: the next call need not wait, but knows that the letter may be stored. */
  async letGo(id: string): Promise<void> {
    await this.database.updateTable('dead_letters').set({ replay_started_at: new Date(this.clock.now() - REPLAY_MS - 1) })
      .where('dead_letter_id', '=', id).where('replayed_at', 'is', null).execute();
  }

  /** Requests that letters hold of a range of offsets, and those offsets. */
  async ofRange({ topic, partition }: Partition, range: OffsetRange): Promise<{ offset: number; requests: number }[]> {
    const letters = await this.database.selectFrom('dead_letters').select(['offset', 'requests']).where('replayed_at', 'is', null)
      .where('topic', '=', topic).where('partition', '=', partition).where('offset', '>=', range.first).where('offset', '<=', range.last).execute();
    return letters.map(({ offset, requests }) => ({ offset: offset ?? range.first, requests }));
  }

  /** The log they came from is gone: what has their offsets now is something else. */
  async forgetPlaces(transaction: Executor, { topic, partition }: Partition): Promise<void> {
    await transaction.updateTable('dead_letters').set({ offset: null })
      .where('topic', '=', topic).where('partition', '=', partition).where('offset', 'is not', null).execute();
  }

  /** false: it was settled before. */
  async settleReplay(transaction: Executor, id: string, actor: string): Promise<boolean> {
    const row = await transaction.updateTable('dead_letters').set({ replayed_at: this.clock.date(), replayed_by: actor })
      .where('dead_letter_id', '=', id).where('replayed_at', 'is', null).returning('dead_letter_id').executeTakeFirst();
    return row !== undefined;
  }

  /** Why it was refused this time. */
  async noteProblem(id: string, { code, reason }: LineProblem): Promise<void> {
    await this.database.updateTable('dead_letters').set({ code, reason }).where('dead_letter_id', '=', id).where('replayed_at', 'is', null).execute();
  }

  private matching(scope: WorkspaceScope, { workspace, source, code, from, to, state }: LetterFilter) {
    let select = this.database.selectFrom('dead_letters').selectAll().where(inWorkspaces(scope.narrow(workspace)));
    if (source !== undefined) select = select.where('source', '=', source);
    if (code !== undefined) select = select.where('code', '=', code);
    if (from !== undefined) select = select.where('received_at', '>=', new Date(from));
    if (to !== undefined) select = select.where('received_at', '<', new Date(to));
    if (state !== undefined) select = select.where('replayed_at', state === 'waiting' ? 'is' : 'is not', null);
    return select;
  }
}

function present(letter: KeptLetter): DeadLetter {
  const { dead_letter_id, workspace_id, source, position, code, reason, sha256, payload, received_at, format, requests, whole, replayed_at, replayed_by } = letter;
  return {
    dead_letter_id, workspace_id, source, position, code, reason, sha256, payload, received_at: received_at.toISOString(), format, requests, whole,
    replayed_at: replayed_at?.toISOString() ?? null, replayed_by,
  };
}
