import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { NextBatch, type Marks } from '@keytrail/platform';
import { Database } from './database.js';

/**
 * Tells how far the registry has changed, so that what is held in memory can be used for as long as it is current. On a server that is a question
 * to the database, shared by all who asked before it was asked; an embedded database is asked only when this process has written to it.
 */
@Injectable()
export class Changes {
  private last: { marks: Marks; writes: number | undefined } | undefined;
  private readonly reads = new NextBatch<'marks', Marks>(async () => new Map([['marks', await this.read()]]));

  constructor(private readonly database: Database) {}

  /** As of a moment of this call: whatever was committed before it is counted. Rejects when the database does not answer. */
  async now(): Promise<Marks> {
    const { writes } = this.database;
    if (writes !== undefined && this.last?.writes === writes) return this.last.marks;
    return (await this.reads.load('marks'))!;
  }

  private async read(): Promise<Marks> {
    // Before the question: what is written while it is on its way is a reason to ask again.
    const { writes } = this.database;
    const { rows } = await sql<Omit<Marks, 'restores'>>`SELECT greatest((SELECT max(position) FROM key_events), f.forgotten_until) AS keys,
      f.forgotten_until AS forgotten, t.version AS access_tokens FROM key_feed AS f, access_token_changes AS t`.execute(this.database);
    const [row] = rows;
    if (row === undefined) throw new Error('key_feed or access_token_changes has lost its row');
    const before = this.last?.marks;
    const isBack = before !== undefined && (row.keys < before.keys || row.access_tokens < before.access_tokens);
    const marks = { ...row, restores: (before?.restores ?? 0) + (isBack ? 1 : 0) };
    this.last = { marks, writes };
    return marks;
  }
}
