import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { KeyEventPage, KeyEventQuery } from '@keytrail/contracts';
import { AppError, encodeCursor, type WorkspaceScope } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { presentEvent, seesEvent, startOf } from './key-event.js';
import { feedBounds, keyEventsAfter, type KeyEventRow } from './key-event.store.js';
import type { KeyEventStream } from './key-event-stream.js';

/** How long a committed event waits at most for the next look. */
const LOOK_EVERY_MS = 100;
/** Whoever hears nothing for longer knows that the line is dead. */
const CURRENT_EVERY_MS = 1_000;
/** Then the token that opened it is looked at again: the client comes back and goes on where it was. */
const LONGEST_STREAM_MS = 300_000;
const MOST_STREAMS = 2_000;
const PAGE = 1_000;
/** Held for a stream that is told what it missed, until there is room for it: some 100 KB. */
const MISSED_PAGE = 250;
/** Whoever reads nothing for so long while events wait is hung up on, and comes back with the last id it saw. */
const LONGEST_UNREAD_MS = 10_000;

interface Listener {
  stream: KeyEventStream;
  scope: WorkspaceScope;
  /** Everything up to here was told, or is not for it. */
  position: number;
  /** By `performance.now()`. */
  ends: number;
  told: number;
}

/** Follows what becomes of keys, and tells whoever listens. It looks only while somebody does. */
@Injectable()
export class KeyFeed implements OnModuleDestroy {
  private readonly logger = new Logger('key-feed');
  private readonly streams = new Set<Listener>();
  /** Those that are told what they missed. */
  private readonly behind = new Set<Listener>();
  private opening = 0;
  private position = 0;
  private looking: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(private readonly database: Database) {}

  /** What came after the cursor, oldest first. Throws 400 `invalid_cursor`, 410 `cursor_gone`. */
  async page(scope: WorkspaceScope, { cursor, limit }: KeyEventQuery): Promise<KeyEventPage> {
    const bounds = await feedBounds(this.database);
    const start = startOf(cursor, bounds, bounds.forgotten_until);
    const rows = await keyEventsAfter(this.database, start, limit + 1, scope.ids);
    const shown = rows.slice(0, limit);
    const more = rows.length > limit;
    // All up to the bound was looked at, though it may be of other workspaces.
    const end = more ? shown.at(-1)?.position ?? start : Math.max(shown.at(-1)?.position ?? start, bounds.last);
    return { data: shown.map(presentEvent), next_cursor: encodeCursor(end), more };
  }

  /**
   * Begins to write to a stream what came after the cursor (absent: from now on), and then what comes, until either side ends it. Throws as
   * {@link page} does, and 503 `too_many_streams`.
   */
  async open(scope: WorkspaceScope, cursor: string | undefined, stream: KeyEventStream): Promise<void> {
    if (this.stopped || this.listeners + this.opening >= MOST_STREAMS) {
      throw new AppError({ code: 'too_many_streams', status: 503, message: 'This process takes no more streams. Ask for pages instead, or try later.', retryAfter: 5 });
    }
    this.opening += 1;
    try {
      const bounds = await feedBounds(this.database);
      const start = startOf(cursor, bounds, bounds.last);
      await this.look();
      const listener: Listener = { stream, scope, position: start, ends: performance.now() + LONGEST_STREAM_MS, told: performance.now() };
      stream.once('close', () => {
        this.streams.delete(listener);
        this.behind.delete(listener);
      });
      if (!stream.destroyed) void this.follow(listener);
    } finally {
      this.opening -= 1;
    }
  }

  /** Streams that are open. */
  get listeners(): number {
    return this.streams.size + this.behind.size;
  }

  onModuleDestroy(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    for (const { stream } of [...this.streams, ...this.behind]) stream.end();
  }

  /** Tells what came since, no faster than it is read, until the stream hears what the others hear. */
  private async follow(listener: Listener): Promise<void> {
    const { stream } = listener;
    this.behind.add(listener);
    try {
      await stream.untilRoom(LONGEST_UNREAD_MS);
      while (listener.position < this.position && isOpen(listener)) await this.catchUp(listener);
      // From here on it hears what the others hear: nothing is awaited in between. One that closed meanwhile is not among them.
      if (!this.behind.delete(listener)) return;
      if (this.stopped || listener.position < this.position) {
        stream.end();
        return;
      }
      stream.tellCurrent(encodeCursor(listener.position));
      this.streams.add(listener);
      this.schedule();
    } catch (error) {
      this.logger.warn(`a stream cannot be told of key events: ${error instanceof Error ? error.message : String(error)}`);
      stream.destroy();
    }
  }

  /** A page towards where the others are, each event when there is room for it. */
  private async catchUp(listener: Listener): Promise<void> {
    const goal = this.position;
    const rows = await keyEventsAfter(this.database, listener.position, MISSED_PAGE, listener.scope.ids);
    for (const row of rows) {
      if (row.position > goal) break;
      await listener.stream.untilRoom(LONGEST_UNREAD_MS);
      if (!isOpen(listener)) return;
      tell(listener, row);
    }
    await listener.stream.untilRoom(LONGEST_UNREAD_MS);
    if (rows.length < MISSED_PAGE) listener.position = goal;
  }

  /** Tells a stream that hears what comes. One that has no room goes on by itself. */
  private tellOrLeave(listener: Listener, row: KeyEventRow): void {
    if (!listener.stream.isFull) tell(listener, row);
    else if (this.streams.delete(listener)) void this.follow(listener);
  }

  private schedule(): void {
    if (this.stopped || this.timer !== undefined || this.streams.size === 0) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.look().catch((error: unknown) => this.logger.warn(`cannot look for key events: ${error instanceof Error ? error.message : String(error)}`))
        .finally(() => this.schedule());
    }, LOOK_EVERY_MS);
  }

  /** Reads what is new and tells it. One look at a time. */
  private async look(): Promise<void> {
    this.looking ??= this.tellNew().finally(() => {
      this.looking = undefined;
    });
    await this.looking;
  }

  private async tellNew(): Promise<void> {
    if (this.streams.size === 0) this.position = Math.max(this.position, (await feedBounds(this.database)).last);
    for (let full = true; full;) {
      const rows = await keyEventsAfter(this.database, this.position, PAGE);
      full = rows.length === PAGE;
      this.position = rows.at(-1)?.position ?? this.position;
      for (const row of rows) for (const listener of this.streams) this.tellOrLeave(listener, row);
    }
    const now = performance.now();
    for (const listener of this.streams) {
      if (now >= listener.ends) listener.stream.end();
      else if (now - listener.told >= CURRENT_EVERY_MS) {
        listener.told = now;
        listener.position = Math.max(listener.position, this.position);
        listener.stream.tellCurrent(encodeCursor(listener.position));
      }
    }
  }
}

const isOpen = ({ stream, ends }: Listener): boolean => !stream.destroyed && performance.now() < ends;

function tell(listener: Listener, row: KeyEventRow): void {
  if (row.position <= listener.position || !seesEvent(listener.scope, row)) return;
  listener.position = row.position;
  listener.stream.tell(presentEvent(row), encodeCursor(row.position));
}
