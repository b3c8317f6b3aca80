import { Injectable } from '@nestjs/common';
import type { LiveEventPage, LiveQuery } from '@keytrail/contracts';
import { Feed } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { liveAfter, liveBounds, type LiveRow } from './live.store.js';
import { sees, type LiveView } from './live-view.js';

const settings = {
  name: 'live-feed', lookEveryMs: 200, currentEveryMs: 5_000, page: 250, missedPage: 100, mostStreams: 1_000,
  startAnew: 'Ask for the lists anew, and start with the cursor `now`.',
};

/** Follows incidents, findings and keys in one order, and tells whoever listens. */
@Injectable()
export class LiveFeed extends Feed<LiveRow, LiveView> {
  constructor(database: Database) {
    super({
      bounds: () => liveBounds(database),
      after: (position, limit, view) => liveAfter(database, position, limit, view),
      sees,
      tell: ({ event }) => ({ event: event.type, data: event }),
    }, settings);
  }

  /** What came after the cursor, oldest first. Throws 400 `invalid_cursor`, 410 `cursor_gone`. */
  async page(view: LiveView, query: LiveQuery): Promise<LiveEventPage> {
    const { rows, ...rest } = await this.pageOf(view, query);
    return { data: rows.map(({ event }) => event), ...rest };
  }
}
