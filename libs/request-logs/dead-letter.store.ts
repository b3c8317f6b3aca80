import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { DeadLetterPage, DeadLetterQuery } from '@keytrail/contracts';
import { Clock, decodeCursor, encodeCursor, idPosition, type WorkspaceScope } from '@keytrail/platform';
import { Database, inWorkspaces } from '@keytrail/postgres';

export interface NewDeadLetter {
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

const ROWS_A_STATEMENT = 200;

/** Lines that could not be stored, redacted, with the reason. */
@Injectable()
export class DeadLetterStore {
  constructor(private readonly database: Database, private readonly clock: Clock) {}

  /** Not in one transaction: many letters would hold up everyone else, and one that is kept twice is kept once. */
  async keep(letters: readonly NewDeadLetter[]): Promise<void> {
    const received_at = this.clock.date();
    for (let start = 0; start < letters.length; start += ROWS_A_STATEMENT) {
      await this.database.insertInto('dead_letters')
        .values(letters.slice(start, start + ROWS_A_STATEMENT).map((letter) => ({ ...letter, received_at })))
        .onConflict((conflict) => conflict.doNothing()).execute();
      // The embedded database works on this thread and answers without ever letting it go.
      await nextTurn();
    }
  }

  /** Newest first. */
  async list(scope: WorkspaceScope, query: DeadLetterQuery): Promise<DeadLetterPage> {
    let select = this.database.selectFrom('dead_letters').selectAll().where(inWorkspaces(scope.narrow(query.workspace)))
      .orderBy('dead_letter_id', 'desc').limit(query.limit + 1);
    if (query.cursor !== undefined) select = select.where('dead_letter_id', '<', decodeCursor(idPosition('dl'), query.cursor));
    const rows = await select.execute();
    const shown = rows.slice(0, query.limit);
    return {
      data: shown.map((row) => ({ ...row, received_at: row.received_at.toISOString() })),
      next_cursor: rows.length > query.limit ? encodeCursor(shown.at(-1)?.dead_letter_id) : null,
    };
  }
}
