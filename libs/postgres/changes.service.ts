import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { NextBatch, type Marks } from '@keytrail/platform';
import { Database } from './database.js';
import type { RunThere } from './writes.js';

/** What a write of this process changed of keys: those with these fingerprints, between one position and that of `marks`. */
export interface KeysChanged {
  since: number;
  marks: Marks;
  fingerprints: readonly string[];
}

type Row = Omit<Marks, 'restores'>;

/** Beyond it, whoever holds keys is not told which: it finds out by itself. */
const MOST_TOLD = 1_000;

/**
 * Tells how far the registry has changed, so that what is held in memory can be used for as long as it is current. On a server that is a question
 * to the database, shared by all who asked before it was asked. An embedded database is asked by whoever wrote to it, in the same connection and
 * before they hear that it is written; nobody else waits for it.
 */
@Injectable()
export class Changes {
  private last: { marks: Marks; writes: number | undefined } | undefined;
  private readonly reads = new NextBatch<'marks', Marks>(async () => new Map([['marks', await this.read()]]));
  private readonly listeners: ((changed: KeysChanged) => void)[] = [];

  constructor(private readonly database: Database) {
    database.lookAtWrites((run) => this.look(run));
  }

  /** As of a moment of this call: whatever was committed before it is counted. Rejects when the database does not answer. */
  async now(): Promise<Marks> {
    const { writes } = this.database;
    if (writes !== undefined && this.last?.writes === writes) return this.last.marks;
    return (await this.reads.load('marks'))!;
  }

  /** Called before {@link now} tells of the change. Not every change is told: compare positions. */
  onKeysChanged(listener: (changed: KeysChanged) => void): void {
    this.listeners.push(listener);
  }

  private async read(): Promise<Marks> {
    // Before the question: what is written while it is on its way is a reason to ask again.
    const { writes } = this.database;
    const { rows } = await marksQuery().execute(this.database);
    // Whoever wrote meanwhile knows more.
    if (writes !== undefined && this.last?.writes !== undefined && this.last.writes > writes) return this.last.marks;
    const marks = this.marksOf(theRow(rows));
    this.last = { marks, writes };
    return marks;
  }

  private async look(run: RunThere): Promise<() => void> {
    const since = this.last?.marks.keys;
    const row = theRow((await run(marksQuery(since).compile(this.database))).rows);
    return () => {
      const marks = this.marksOf(row);
      const known = since !== undefined && since === this.last?.marks.keys && row.changed.length <= MOST_TOLD && marks.keys > since;
      if (known) for (const listener of this.listeners) listener({ since, marks, fingerprints: row.changed });
      this.last = { marks, writes: this.database.writes };
    };
  }

  private marksOf(row: Row): Marks {
    const before = this.last?.marks;
    const isBack = before !== undefined && (row.keys < before.keys || row.access_tokens < before.access_tokens);
    return { keys: row.keys, forgotten: row.forgotten, access_tokens: row.access_tokens, restores: (before?.restores ?? 0) + (isBack ? 1 : 0) };
  }
}

function theRow<R>([row]: readonly R[]): R {
  if (row === undefined) throw new Error('key_feed or access_token_changes has lost its row');
  return row;
}

/** With the fingerprints of keys that changed after a position, where one is given. */
const marksQuery = (since?: number) => sql<Row & { changed: string[] }>`SELECT greatest((SELECT max(position) FROM key_events), f.forgotten_until) AS keys,
  f.forgotten_until AS forgotten, t.version AS access_tokens,
  ${since === undefined ? sql`ARRAY[]::text[]` : sql`ARRAY(SELECT fingerprint FROM key_events WHERE position > ${since} ORDER BY position LIMIT ${MOST_TOLD + 1})`} AS changed
  FROM key_feed AS f, access_token_changes AS t`;
