import { randomUUID } from 'node:crypto';

/** What gives way when the buffer is full: what waits longest, or what comes new. */
export type DropPolicy = 'drop-oldest' | 'drop-newest';

export interface BufferLimits {
  requests: number;
  bytes: number;
}

/** Lines that are sent together, and again under the same id until it is known what became of them. */
export interface Batch {
  id: string;
  lines: readonly string[];
}

interface Waiting {
  line: string;
  bytes: number;
  since: number;
}

/** A bounded queue of lines. Adding costs the same however many wait. */
export class RequestBuffer {
  /** Lines that gave way since the beginning. */
  dropped = 0;
  private waiting: Waiting[] = [];
  private first = 0;
  private heldBytes = 0;

  constructor(private readonly limits: BufferLimits, private readonly policy: DropPolicy) {}

  get length(): number {
    return this.waiting.length - this.first;
  }

  get bytes(): number {
    return this.heldBytes;
  }

  /** When the line that waits longest came; undefined when none waits. */
  get oldest(): number | undefined {
    return this.waiting[this.first]?.since;
  }

  add(line: string, now: number): void {
    const bytes = Buffer.byteLength(line) + 1;
    const isFull = () => this.length >= this.limits.requests || this.heldBytes + bytes > this.limits.bytes;
    while (this.policy === 'drop-oldest' && this.length > 0 && bytes <= this.limits.bytes && isFull()) {
      this.shift();
      this.dropped += 1;
    }
    if (isFull()) {
      this.dropped += 1;
      return;
    }
    this.waiting.push({ line, bytes, since: now });
    this.heldBytes += bytes;
  }

  /** Takes the lines that wait longest, at least one if there is any. */
  take(most: BufferLimits): Batch | undefined {
    const lines: string[] = [];
    let bytes = 0;
    while (this.length > 0 && lines.length < most.requests) {
      const next = this.waiting[this.first]!;
      if (lines.length > 0 && bytes + next.bytes > most.bytes) break;
      lines.push(next.line);
      bytes += next.bytes;
      this.shift();
    }
    return lines.length === 0 ? undefined : { id: randomUUID(), lines };
  }

  /** Forgets everything and says how many lines that were. */
  clear(): number {
    const { length } = this;
    this.waiting = [];
    this.first = 0;
    this.heldBytes = 0;
    return length;
  }

  private shift(): void {
    this.heldBytes -= this.waiting[this.first]!.bytes;
    this.waiting[this.first] = undefined as never; // its line is free to go
    this.first += 1;
    if (this.first < 1_024 || this.first * 2 < this.waiting.length) return;
    this.waiting = this.waiting.slice(this.first);
    this.first = 0;
  }
}

/** Two batches of their own. Only for one that was refused as a whole: nothing of it may be stored. */
export function halvesOf({ lines }: Batch): [Batch, Batch] {
  const middle = Math.ceil(lines.length / 2);
  return [{ id: randomUUID(), lines: lines.slice(0, middle) }, { id: randomUUID(), lines: lines.slice(middle) }];
}
