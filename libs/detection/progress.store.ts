import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database, type Executor } from '@keytrail/postgres';
import type { ArrivedBatch } from './caller-activity.store.js';
import { readKeyWatch, type KeyWatch } from './key-watch.js';

const CURSOR = 'caller-activity';

export interface Progress {
  /** Everything that arrived up to here was seen, but for batches that became visible late. Epoch milliseconds. */
  ingested_at: number;
  /** Guards against two detectors: only who saw the present version may move the cursor. */
  version: number;
}

export interface KeyName {
  workspace_id: string;
  key_id: string;
}

/** How far detection got, and what it remembers of each key. */
@Injectable()
export class ProgressStore {
  constructor(private readonly database: Database) {}

  async read(): Promise<Progress | undefined> {
    const row = await this.database.selectFrom('detection_cursors').selectAll().where('name', '=', CURSOR).executeTakeFirst();
    return row && { ingested_at: row.ingested_at.getTime(), version: row.version };
  }

  /** Batches seen that arrived after a moment. */
  async seenAfter(ingestedAt: number): Promise<Set<string>> {
    const rows = await this.database.selectFrom('detected_batches').select('batch_id').where('ingested_at', '>', new Date(ingestedAt)).execute();
    return new Set(rows.map((row) => row.batch_id));
  }

  /** Moves the cursor and notes the batches; false when another detector was faster. */
  async advance(transaction: Executor, from: Progress | undefined, to: number, batches: readonly ArrivedBatch[], forgetBefore: number): Promise<boolean> {
    const moved = from === undefined
      ? await transaction.insertInto('detection_cursors').values({ name: CURSOR, ingested_at: new Date(to), version: 1 })
        .onConflict((conflict) => conflict.doNothing()).returning('version').executeTakeFirst()
      : await transaction.updateTable('detection_cursors').set({ ingested_at: new Date(to), version: from.version + 1 })
        .where('name', '=', CURSOR).where('version', '=', from.version).returning('version').executeTakeFirst();
    if (moved === undefined) return false;
    await transaction.insertInto('detected_batches')
      .values(batches.map(({ batch_id, ingested_at }) => ({ batch_id, ingested_at: new Date(ingested_at) })))
      .onConflict((conflict) => conflict.doNothing()).execute();
    await transaction.deleteFrom('detected_batches').where('ingested_at', '<', new Date(forgetBefore)).execute();
    return true;
  }

  /** Of keys whose state cannot be read there is none: they begin anew. */
  async watches(keys: readonly KeyName[]): Promise<(KeyName & { state: KeyWatch })[]> {
    if (keys.length === 0) return [];
    const rows = await this.database.selectFrom('key_watch').select(['workspace_id', 'key_id', 'state'])
      .where(sql<boolean>`(workspace_id, key_id) IN (SELECT * FROM unnest(${keys.map((key) => key.workspace_id)}::text[], ${keys.map((key) => key.key_id)}::text[]))`)
      .execute();
    return rows.flatMap((row) => {
      const state = readKeyWatch(row.state);
      return state === undefined ? [] : [{ ...row, state }];
    });
  }

  async keepWatches(transaction: Executor, watches: readonly (KeyName & { state: KeyWatch })[], now: Date): Promise<void> {
    for (let start = 0; start < watches.length; start += 200) {
      await transaction.insertInto('key_watch')
        .values(watches.slice(start, start + 200).map((watch) => ({ ...watch, state: JSON.stringify(watch.state), updated_at: now })))
        .onConflict((conflict) => conflict.columns(['workspace_id', 'key_id'])
          .doUpdateSet((excluded) => ({ state: excluded.ref('excluded.state'), updated_at: excluded.ref('excluded.updated_at') }))).execute();
    }
  }
}
