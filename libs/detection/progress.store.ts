import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database, type Executor } from '@keytrail/postgres';
import type { KeyHabits } from './habits.js';
import { readKeyWatch } from './key-watch.js';
import type { StoredKey } from './memory/key-memories.js';
import { storedMemory } from './memory/stored-memory.js';
import type { ArrivedBatch } from './arrived-batch.js';
import type { KeyName } from './key-name.js';

const CURSOR = 'caller-activity';
const ROWS_A_STATEMENT = 200;

export interface Progress {
  /** Everything that arrived up to here was seen, but for batches that became visible late. Epoch milliseconds. */
  ingested_at: number;
  /** The last step. Guards against two detectors: only who saw the present version may move the cursor. */
  version: number;
  /** Every stored key holds at least what came up to this step. */
  written_up_to: number;
}

/** What a step did. `forgetBefore`: batches that arrived earlier need not be told from others any more; epoch milliseconds. */
export interface StepDone { to: number; batches: readonly ArrivedBatch[]; writtenUpTo: number; forgetBefore: number }

/** How far detection got, and what it remembers of each key. */
@Injectable()
export class ProgressStore {
  constructor(private readonly database: Database) {}

  async read(): Promise<Progress | undefined> {
    const row = await this.database.selectFrom('detection_cursors').selectAll().where('name', '=', CURSOR).executeTakeFirst();
    return row && { ingested_at: row.ingested_at.getTime(), version: row.version, written_up_to: row.written_up_to };
  }

  /** Batches seen that arrived after a moment. */
  async seenAfter(ingestedAt: number): Promise<Set<string>> {
    const rows = await this.database.selectFrom('detected_batches').select('batch_id').where('ingested_at', '>', new Date(ingestedAt)).execute();
    return new Set(rows.map((row) => row.batch_id));
  }

  /** The batches of each step after one, in the order of the steps. */
  async stepsAfter(step: number): Promise<{ step: number; batches: Pick<ArrivedBatch, 'batch_id' | 'ingested_at'>[] }[]> {
    const rows = await this.database.selectFrom('detected_batches').selectAll().where('step', '>', step).orderBy('step').orderBy('batch_id').execute();
    const steps = new Map<number, Pick<ArrivedBatch, 'batch_id' | 'ingested_at'>[]>();
    for (const row of rows) steps.set(row.step, [...steps.get(row.step) ?? [], { batch_id: row.batch_id, ingested_at: row.ingested_at.getTime() }]);
    return [...steps].map(([of, batches]) => ({ step: of, batches }));
  }

  /** Moves the cursor and notes the batches; false when another detector was faster. */
  async advance(transaction: Executor, from: Progress | undefined, { to, batches, writtenUpTo, forgetBefore }: StepDone): Promise<boolean> {
    const step = (from?.version ?? 0) + 1;
    const now = { ingested_at: new Date(to), version: step, written_up_to: writtenUpTo };
    const moved = from === undefined
      ? await transaction.insertInto('detection_cursors').values({ name: CURSOR, ...now })
        .onConflict((conflict) => conflict.doNothing()).returning('version').executeTakeFirst()
      : await transaction.updateTable('detection_cursors').set(now)
        .where('name', '=', CURSOR).where('version', '=', from.version).returning('version').executeTakeFirst();
    if (moved === undefined) return false;
    if (batches.length > 0) {
      await transaction.insertInto('detected_batches')
        .values(batches.map(({ batch_id, ingested_at }) => ({ batch_id, ingested_at: new Date(ingested_at), step })))
        .onConflict((conflict) => conflict.doNothing()).execute();
    }
    await transaction.deleteFrom('detected_batches').where('ingested_at', '<', new Date(forgetBefore)).where('step', '<=', writtenUpTo).execute();
    return true;
  }

  /** Notes that keys were written down outside of a step, while nobody made another. */
  async noteWritten(version: number, writtenUpTo: number): Promise<void> {
    await this.database.updateTable('detection_cursors').set({ written_up_to: writtenUpTo })
      .where('name', '=', CURSOR).where('version', '=', version).where('written_up_to', '<', writtenUpTo).execute();
  }

  /** Of keys whose memory cannot be read there is none: they begin anew. */
  async stored(keys: readonly KeyName[]): Promise<StoredKey[]> {
    if (keys.length === 0) return [];
    const rows = await this.database.selectFrom('key_watch')
      .leftJoin('key_habits', (join) => join.onRef('key_habits.workspace_id', '=', 'key_watch.workspace_id').onRef('key_habits.key_id', '=', 'key_watch.key_id').on('key_watch.memory', 'is', null))
      .select(['key_watch.workspace_id', 'key_watch.key_id', 'key_watch.state', 'key_watch.memory', 'key_watch.step', 'key_watch.look_at', 'key_habits.state as habits'])
      .where(sql<boolean>`(key_watch.workspace_id, key_watch.key_id) IN (SELECT * FROM unnest(${keys.map((key) => key.workspace_id)}::text[], ${keys.map((key) => key.key_id)}::text[]))`)
      .execute();
    return rows.flatMap(({ workspace_id, key_id, step, state, memory, habits, look_at }) => {
      if (memory !== null) return [{ workspace_id, key_id, step, look_at, bytes: memory }];
      const watch = readKeyWatch(state);
      return watch === undefined ? [] : [{ workspace_id, key_id, step, look_at, bytes: storedMemory({ watch, habits: (habits ?? undefined) as KeyHabits | undefined }) }];
    });
  }

  /** Keys whose silence, as far as it was written down, is worth a look from one epoch minute on or a later one, up to another; earliest first. */
  async lookedAtBetween(after: number, upTo: number, most: number): Promise<(KeyName & { look_at: number })[]> {
    const rows = await this.database.selectFrom('key_watch').select(['workspace_id', 'key_id', 'look_at'])
      .where('look_at', '>', after).where('look_at', '<=', upTo).orderBy('look_at').limit(most).execute();
    return rows.map((row) => ({ ...row, look_at: row.look_at! }));
  }

  /** Writes keys down; what is stored of a later step stays. */
  async keep(executor: Executor, keys: readonly StoredKey[], now: Date): Promise<void> {
    for (let start = 0; start < keys.length; start += ROWS_A_STATEMENT) {
      await executor.insertInto('key_watch')
        .values(keys.slice(start, start + ROWS_A_STATEMENT).map(({ workspace_id, key_id, bytes, step, look_at }) => ({ workspace_id, key_id, memory: bytes, step, state: null, look_at, updated_at: now })))
        .onConflict((conflict) => conflict.columns(['workspace_id', 'key_id']).doUpdateSet((excluded) => ({
          memory: excluded.ref('excluded.memory'), step: excluded.ref('excluded.step'), state: null, updated_at: excluded.ref('excluded.updated_at'), look_at: excluded.ref('excluded.look_at'),
        })).where('key_watch.step', '<=', sql<number>`excluded.step`)).execute();
    }
  }

  /** Forgets keys that were not seen since a moment. */
  async forgetUnseen(before: Date): Promise<void> {
    await this.database.deleteFrom('key_watch').where('updated_at', '<', before).execute();
    await this.database.deleteFrom('key_habits').where('updated_at', '<', before).execute();
  }
}
