import { Readable } from 'node:stream';
import type { KeyEvent } from '@keytrail/contracts';

/** What a client that does not read may leave lying here. Then it is hung up on, and comes back with the last id it saw. */
const MOST_UNREAD_BYTES = 256 * 1024;

/** Events as `text/event-stream`. */
export class KeyEventStream extends Readable {
  constructor() {
    super({ highWaterMark: MOST_UNREAD_BYTES });
  }

  // What comes is pushed; there is nothing to fetch.
  override _read(): void {}

  /** `id` is the cursor that goes on after the event. */
  tell(event: KeyEvent, id: string): void {
    this.write(`event: key\nid: ${id}\ndata: ${JSON.stringify(event)}\n\n`);
  }

  /** Everything that was committed before this was read is told. */
  tellCurrent(id: string): void {
    this.write(`event: current\nid: ${id}\ndata: {}\n\n`);
  }

  end(): void {
    if (!this.destroyed && !this.readableEnded) this.push(null);
  }

  private write(text: string): void {
    if (this.destroyed || this.readableEnded) return;
    this.push(text);
    if (this.readableLength > MOST_UNREAD_BYTES) this.destroy();
  }
}
