import { Logger } from '@nestjs/common';
import { encodeCursor } from '../cursor.js';
import { AppError } from '../errors.js';
import type { EventStream } from './event-stream.js';
import { startOf, type FeedBounds } from './feed-start.js';

/** Then the token that opened it is looked at again: the client comes back and goes on where it was. */
const LONGEST_STREAM_MS = 300_000;
/** Whoever reads nothing for so long while events wait is hung up on, and comes back with the last id it saw. */
const LONGEST_UNREAD_MS = 10_000;

/** What lies between two positions. */
export interface FeedSlice<Row> {
  /** Oldest first. */
  rows: readonly Row[];
  /** All up to here was looked at. */
  end: number;
  /** There is more after it. */
  more: boolean;
}

/**
 * Where the events of a feed lie. Their positions grow in the order in which they become visible: whoever sees one sees all below it. `View` is what
 * one listener may see of them.
 */
export interface FeedSource<Row extends { position: number }, View> {
  bounds(): Promise<FeedBounds>;
  /** At most `limit` events after a position; without a view those that anybody may see. */
  after(position: number, limit: number, view?: View): Promise<FeedSlice<Row>>;
  sees(view: View, row: Row): boolean;
  /** The name of an event, and what it holds. */
  tell(row: Row): { event: string; data: unknown };
}

export interface FeedSettings {
  /** For the log. */
  name: string;
  /** How long a committed event waits at most for the next look. */
  lookEveryMs: number;
  /** Whoever hears nothing for longer knows that the line is dead. */
  currentEveryMs: number;
  /** What a look reads at once, for all streams together. */
  page: number;
  /** Held for a stream that is told what it missed, until there is room for it: some 100 KB. */
  missedPage: number;
  mostStreams: number;
  /** What to do after 410. */
  startAnew: string;
}

interface Listener<View> {
  stream: EventStream;
  view: View;
  /** Everything up to here was told, or is not for it. */
  position: number;
  /** By `performance.now()`. */
  ends: number;
  told: number;
}

interface Told {
  position: number;
  event: string;
  json: string;
}

/** Follows what happens, and tells whoever listens. It looks only while somebody does, once for all of them. */
export class Feed<Row extends { position: number }, View> {
  private readonly logger: Logger;
  private readonly streams = new Set<Listener<View>>();
  /** Those that are told what they missed. */
  private readonly behind = new Set<Listener<View>>();
  private opening = 0;
  private position = 0;
  private looking: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(private readonly source: FeedSource<Row, View>, private readonly settings: FeedSettings) {
    this.logger = new Logger(settings.name);
  }

  /** What came after the cursor, oldest first. Throws 400 `invalid_cursor`, 410 `cursor_gone`. */
  async pageOf(view: View, { cursor, limit }: { cursor?: string | undefined; limit: number }): Promise<{ rows: readonly Row[]; next_cursor: string; more: boolean }> {
    const bounds = await this.source.bounds();
    const start = startOf(cursor, bounds, bounds.forgotten_until, this.settings.startAnew);
    const { rows, end, more } = await this.source.after(start, limit, view);
    // All up to the bound was looked at, though nobody may see it from here.
    return { rows, next_cursor: encodeCursor(more ? end : Math.max(end, bounds.last)), more };
  }

  /**
   * Begins to write to a stream what came after the cursor (absent: from now on), and then what comes, until either side ends it. Throws as
   * {@link pageOf} does, and 503 `too_many_streams`.
   */
  async open(view: View, cursor: string | undefined, stream: EventStream): Promise<void> {
    if (this.stopped || this.listeners + this.opening >= this.settings.mostStreams) {
      throw new AppError({ code: 'too_many_streams', status: 503, message: 'This process takes no more streams. Ask for pages instead, or try later.', retryAfter: 5 });
    }
    this.opening += 1;
    try {
      const bounds = await this.source.bounds();
      const start = startOf(cursor, bounds, bounds.last, this.settings.startAnew);
      await this.look();
      const listener: Listener<View> = { stream, view, position: start, ends: performance.now() + LONGEST_STREAM_MS, told: performance.now() };
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
  private async follow(listener: Listener<View>): Promise<void> {
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
      this.logger.warn(`a stream cannot be told of events: ${messageOf(error)}`);
      stream.destroy();
    }
  }

  /** A page towards where the others are, each event when there is room for it. */
  private async catchUp(listener: Listener<View>): Promise<void> {
    const goal = this.position;
    const { rows, end, more } = await this.source.after(listener.position, this.settings.missedPage, listener.view);
    for (const row of rows) {
      if (row.position > goal) break;
      await listener.stream.untilRoom(LONGEST_UNREAD_MS);
      if (!isOpen(listener)) return;
      tell(listener, this.inWords(row));
    }
    await listener.stream.untilRoom(LONGEST_UNREAD_MS);
    listener.position = more ? Math.max(listener.position, Math.min(end, goal)) : goal;
  }

  /** Tells a stream that hears what comes. One that has no room goes on by itself. */
  private tellOrLeave(listener: Listener<View>, row: Row, told: () => Told): void {
    if (!listener.stream.isFull) {
      if (row.position > listener.position && this.source.sees(listener.view, row)) tell(listener, told());
    } else if (this.streams.delete(listener)) void this.follow(listener);
  }

  private schedule(): void {
    if (this.stopped || this.timer !== undefined || this.streams.size === 0) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.look().catch((error: unknown) => this.logger.warn(`cannot look for events: ${messageOf(error)}`))
        .finally(() => this.schedule());
    }, this.settings.lookEveryMs);
  }

  /** Reads what is new and tells it. One look at a time. */
  private async look(): Promise<void> {
    this.looking ??= this.tellNew().finally(() => {
      this.looking = undefined;
    });
    await this.looking;
  }

  private async tellNew(): Promise<void> {
    if (this.streams.size === 0) {
      const { last } = await this.source.bounds();
      // Looked at again: a stream that began to listen meanwhile has not heard of what lies in between.
      if (this.streams.size === 0) this.position = Math.max(this.position, last);
    }
    for (let more = true; more;) {
      const slice = await this.source.after(this.position, this.settings.page);
      ({ more } = slice);
      this.position = slice.end;
      for (const row of slice.rows) {
        // Put into words once for all who hear it, if anybody does.
        let words: Told | undefined;
        const told = () => (words ??= this.inWords(row));
        for (const listener of this.streams) this.tellOrLeave(listener, row, told);
      }
    }
    const now = performance.now();
    for (const listener of this.streams) {
      if (now >= listener.ends) listener.stream.end();
      else if (now - listener.told >= this.settings.currentEveryMs) {
        listener.told = now;
        listener.position = Math.max(listener.position, this.position);
        listener.stream.tellCurrent(encodeCursor(listener.position));
      }
    }
  }

  private inWords(row: Row): Told {
    const { event, data } = this.source.tell(row);
    return { position: row.position, event, json: JSON.stringify(data) };
  }
}

const isOpen = ({ stream, ends }: Listener<unknown>): boolean => !stream.destroyed && performance.now() < ends;

function tell(listener: Listener<unknown>, { position, event, json }: Told): void {
  listener.position = position;
  listener.stream.tell(event, json, encodeCursor(position));
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
