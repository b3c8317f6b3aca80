import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

/** What may lie here for a client that reads more slowly than events come. */
const MOST_UNREAD_BYTES = 256 * 1024;
const LOOK_AGAIN_MS = 20;

/** Events as `text/event-stream`. */
export class EventStream extends Readable {
  private hasEnded = false;

  constructor() {
    super({ highWaterMark: MOST_UNREAD_BYTES });
  }

  // What comes is pushed; there is nothing to fetch.
  override _read(): void {}

  get isFull(): boolean {
    return this.readableLength >= MOST_UNREAD_BYTES;
  }

  /** Waits until the client has read some of what lies here. Ends the connection of one that reads nothing for so long. */
  async untilRoom(longestMs: number): Promise<void> {
    for (const end = performance.now() + longestMs; this.isFull && !this.destroyed; await delay(LOOK_AGAIN_MS)) {
      if (performance.now() > end) this.destroy();
    }
  }

  /** `json` in one line; `id` is the cursor that goes on after the event. */
  tell(event: string, json: string, id: string): void {
    this.write(`event: ${event}\nid: ${id}\ndata: ${json}\n\n`);
  }

  /** Everything that was committed before this was read is told. */
  tellCurrent(id: string): void {
    this.write(`event: current\nid: ${id}\ndata: {}\n\n`);
  }

  end(): void {
    if (this.destroyed || this.hasEnded) return;
    this.hasEnded = true;
    this.push(null);
  }

  private write(text: string): void {
    if (this.destroyed || this.hasEnded) return;
    this.push(text);
  }
}
