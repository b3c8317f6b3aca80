import { Injectable } from '@nestjs/common';
import type { KeyEventPage, KeyEventQuery } from '@keytrail/contracts';
import { Feed, type WorkspaceScope } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { presentEvent, seesEvent } from './key-event.js';
import { feedBounds, keyEventsAfter, type KeyEventRow } from './key-event.store.js';

const settings = {
  name: 'key-feed', lookEveryMs: 100, currentEveryMs: 1_000, page: 1_000, missedPage: 250, mostStreams: 2_000,
  startAnew: 'Forget what you keep of keys, and start with the cursor `now`.',
};

/** Follows what becomes of keys, and tells whoever listens. */
@Injectable()
export class KeyFeed extends Feed<KeyEventRow, WorkspaceScope> {
  constructor(database: Database) {
    super({
      bounds: () => feedBounds(database),
      async after(position, limit, scope) {
        const found = await keyEventsAfter(database, position, limit + 1, scope?.ids ?? null);
        const rows = found.slice(0, limit);
        return { rows, end: rows.at(-1)?.position ?? position, more: found.length > limit };
      },
      sees: seesEvent,
      tell: (row) => ({ event: 'key', data: presentEvent(row) }),
    }, settings);
  }

  /** What came after the cursor, oldest first. Throws 400 `invalid_cursor`, 410 `cursor_gone`. */
  async page(scope: WorkspaceScope, query: KeyEventQuery): Promise<KeyEventPage> {
    const { rows, ...rest } = await this.pageOf(scope, query);
    return { data: rows.map(presentEvent), ...rest };
  }
}
