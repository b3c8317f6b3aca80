import { RequestBuffer, halvesOf, type Batch, type BufferLimits, type DropPolicy } from './buffer.js';
import { lineOf, type RequestReport } from './request-report.js';
import { nextStep, type RetryOptions } from './retry.js';
import type { SendAnswer, Transport } from './transport.js';
import { untilAborted } from './until-aborted.js';

export interface ReporterOptions {
  transport: Transport;
  /** What gives way when the buffer is full; there is no default: it is for you to decide what you can do without. */
  drop: DropPolicy;
  /** A batch is sent when it has so many requests or bytes, or when its oldest request waited so long. Default 500, 256 KiB, 1,000 ms. */
  batch?: Partial<BufferLimits & { ageMs: number }>;
  /** What may wait; besides, one batch is on its way. Default 10,000 requests, 16 MiB. */
  buffer?: Partial<BufferLimits>;
  /** Default: 250 ms doubled up to 30 s, given up after 6 hours. */
  retry?: Partial<RetryOptions>;
  /** Takes lines that say what was lost and why, at most one every `logEveryMs`. Default: stderr, every minute. */
  log?: (line: string) => void;
  logEveryMs?: number;
}

/** reported = stored + dead_lettered + rejected + dropped + unsent + waiting + sending. */
export interface ReporterStats {
  reported: number;
  /** Stored in Keytrail, for good. */
  stored: number;
  /** Kept by Keytrail as lines that are not valid. */
  dead_lettered: number;
  /** Refused for good, such as for a token that may not write. */
  rejected: number;
  /** Gave way because the buffer was full. */
  dropped: number;
  /** Given up without an answer: after too long, at the deadline of `close`, or because they came after it. */
  unsent: number;
  waiting: number;
  sending: number;
  retries: number;
}

const defaults = {
  batch: { requests: 500, bytes: 256 * 1024, ageMs: 1_000 },
  buffer: { requests: 10_000, bytes: 16 * 1024 * 1024 },
  retry: { firstMs: 250, longestMs: 30_000, giveUpAfterMs: 6 * 3_600_000 },
};

/**
 * Tells Keytrail of served requests, off their path: `report` only puts a line into a bounded buffer and never throws. `new` throws a RangeError
 * for limits that are not more than 0.
 */
export class Reporter {
  private readonly batch: BufferLimits & { ageMs: number };
  private readonly retry: RetryOptions;
  private readonly buffer: RequestBuffer;
  private readonly counts = { reported: 0, stored: 0, dead_lettered: 0, rejected: 0, unsent: 0, sending: 0, retries: 0 };
  private readonly closing = new AbortController();
  private readonly stopping = new AbortController();
  private closed: Promise<ReporterStats> | undefined;
  private running: Promise<void> | undefined;
  private timer: { handle: NodeJS.Timeout; soon: boolean } | undefined;
  private said = { at: -Infinity, lost: 0 };
  private lastReason = 'the buffer is full';

  constructor(private readonly options: ReporterOptions) {
    this.batch = { ...defaults.batch, ...options.batch };
    this.retry = { ...defaults.retry, ...options.retry };
    const buffer = { ...defaults.buffer, ...options.buffer };
    for (const [name, value] of [...Object.entries(this.batch), ...Object.entries(buffer), ...Object.entries(this.retry)]) {
      if (!(value > 0)) throw new RangeError(`${name} must be more than 0`);
    }
    this.buffer = new RequestBuffer(buffer, options.drop);
  }

  private get isClosing(): boolean {
    return this.closing.signal.aborted;
  }

  report(report: RequestReport): void {
    this.counts.reported += 1;
    try {
      if (this.isClosing) {
        this.counts.unsent += 1;
        return;
      }
      this.buffer.add(lineOf(report), Date.now());
      this.schedule();
    } catch (error) {
      this.counts.rejected += 1;
      this.lastReason = error instanceof Error ? error.message : 'a report could not be written down';
      this.schedule();
    }
  }

  stats(): ReporterStats {
    const { buffer, counts } = this;
    return { ...counts, dropped: buffer.dropped, waiting: buffer.length };
  }

  /** Sends what waits, then ends; what is not stored after `deadlineMs` is given up. Always resolves. */
  close(deadlineMs = 5_000): Promise<ReporterStats> {
    this.closing.abort();
    this.closed ??= this.sendRest(deadlineMs);
    return this.closed;
  }

  private async sendRest(deadlineMs: number): Promise<ReporterStats> {
    const { signal } = this.stopping;
    const aborted = new Promise<void>((resolve) => { signal.addEventListener('abort', () => resolve()); });
    const deadline = setTimeout(() => this.stopping.abort(), deadlineMs);
    this.wake();
    while (this.running !== undefined) await this.running;
    this.counts.unsent += this.buffer.clear();
    this.sayLosses({ now: true });
    const closed = this.options.transport.close?.().catch(() => undefined);
    await Promise.race([closed, aborted]);
    clearTimeout(deadline);
    return this.stats();
  }

  /** Never on the path of a request: batches are sent at the next turn of the event loop at the earliest. */
  private schedule(): void {
    if (this.running !== undefined) return;
    const soon = this.isFull();
    if (this.timer !== undefined && (this.timer.soon || !soon)) return;
    clearTimeout(this.timer?.handle);
    this.timer = { soon, handle: setTimeout(() => this.wake(), soon ? 0 : this.batch.ageMs).unref() };
  }

  private isFull(): boolean {
    return this.buffer.length >= this.batch.requests || this.buffer.bytes >= this.batch.bytes;
  }

  private wake(): void {
    clearTimeout(this.timer?.handle);
    this.timer = undefined;
    this.running ??= this.run().finally(() => {
      this.running = undefined;
      if (this.buffer.length > 0 && !this.isClosing) this.schedule();
    });
  }

  /** Sends a batch, and more for as long as one is due. */
  private async run(): Promise<void> {
    do {
      const batch = this.buffer.take(this.batch);
      if (batch === undefined) break;
      this.counts.sending = batch.lines.length;
      await this.deliver(batch);
    } while (!this.stopping.signal.aborted && (this.isClosing || this.isFull() || this.isOld()));
    this.sayLosses();
  }

  private isOld(): boolean {
    return this.buffer.oldest !== undefined && Date.now() - this.buffer.oldest >= this.batch.ageMs;
  }

  /** Sends a batch until it is known what became of it. */
  private async deliver(batch: Batch): Promise<void> {
    const { length } = batch.lines;
    const began = Date.now();
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.attempt(batch);
      const triedForMs = Date.now() - began;
      const step = nextStep(answer, { lines: length, attempt, triedForMs, random: Math.random() }, this.retry);
      if (step.kind === 'split') {
        for (const half of halvesOf(batch)) await this.deliver(half);
        return;
      }
      if (step.kind !== 'wait') {
        this.counts.sending -= length;
        if (answer.kind === 'stored') {
          const stored = Math.min(answer.stored, length);
          this.counts.stored += stored;
          this.counts.dead_lettered += length - stored;
        } else {
          this.counts[step.kind === 'reject' ? 'rejected' : 'unsent'] += length;
          if ('reason' in step) this.lastReason = step.reason;
        }
        return;
      }
      if (answer.kind === 'later') this.lastReason = answer.reason;
      this.sayLosses();
      // Who closes does not wait for the end of a long pause, unless Keytrail asked for it.
      const isUrged = answer.kind === 'later' && answer.afterMs === undefined && !this.isClosing;
      await pause(step.ms, isUrged ? this.closing.signal : this.stopping.signal);
      if (isUrged && this.isClosing) attempt = 0;
      if (this.stopping.signal.aborted) {
        this.counts.sending -= length;
        this.counts.unsent += length;
        return;
      }
      this.counts.retries += 1;
    }
  }

  private async attempt(batch: Batch): Promise<SendAnswer> {
    try {
      const { signal } = this.stopping;
      return await untilAborted(this.options.transport.send(batch, signal), signal);
    } catch (error) {
      const { cause, message } = error as Error & { cause?: { code?: unknown } };
      return { kind: 'later', reason: `Keytrail cannot be reached: ${String(cause?.code ?? message)}` };
    }
  }

  /** Says once in a while what was lost since it last said so; the rest at the end. */
  private sayLosses({ now = false } = {}): void {
    const { dropped, rejected, dead_lettered, unsent } = this.stats();
    const lost = dropped + rejected + dead_lettered + unsent;
    const { log = (line: string) => process.stderr.write(`${line}\n`), logEveryMs = 60_000 } = this.options;
    if (lost === this.said.lost || (!now && (this.isClosing || Date.now() - this.said.at < logEveryMs))) return;
    const since = lost - this.said.lost;
    this.said = { at: Date.now(), lost };
    try {
      log(`keytrail reporter: ${since} more requests are not stored (so far ${dropped} dropped, ${rejected} rejected, ${dead_lettered} dead-lettered, ${unsent} unsent): ${this.lastReason}`);
    } catch {
      // A log that does not work must not stop the reports.
    }
  }
}

/** Waits, or ends early with the signal. Keeps no process alive. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms).unref();
    signal.addEventListener('abort', end);
  });
}
