import { setTimeout as delay } from 'node:timers/promises';

export interface FeedOptions {
  url: string;
  token: string;
  /** Something became of a key. */
  onKey(keyId: string): void;
  /** What was kept may be out of date: events were missed. */
  onGap(): void;
  /** A feed that is silent for longer counts as lost; Keytrail says every second that it is current. Default 2,500 ms. */
  silenceMs?: number;
  /** Before the next try; between two pages while there is no stream. Default 500 ms. */
  retryMs?: number;
}

/** Hears what becomes of keys: by the stream, and by pages while the stream cannot be had. Starts at once and goes on until it is closed. */
export class Feed {
  private cursor: string | undefined;
  private provedAt = -Infinity;
  private readonly closing = new AbortController();
  private readonly running: Promise<void>;

  constructor(private readonly options: FeedOptions) {
    this.running = this.run();
  }

  /** Whether everything that became of keys was heard until a moment ago. */
  isCurrent(): boolean {
    return performance.now() - this.provedAt < this.silenceMs;
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.running;
  }

  private get silenceMs(): number {
    return this.options.silenceMs ?? 2_500;
  }

  private async run(): Promise<void> {
    while (!this.closing.signal.aborted) {
      const streamed = await this.stream().catch(() => false);
      this.provedAt = -Infinity;
      if (this.closing.signal.aborted) return;
      // A stream that worked and ended is opened again; where none can be had, pages tell the same, later.
      if (!streamed) await this.poll().catch(() => undefined);
      await delay(this.options.retryMs ?? 500, undefined, { signal: this.closing.signal }).catch(() => undefined);
    }
  }

  /** Follows the stream to its end. Whether there was one. */
  private async stream(): Promise<boolean> {
    const lost = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => lost.abort(), this.silenceMs);
    };
    alive();
    let worked = false;
    try {
      const answer = await fetch(`${this.options.url}/v1/revocations`, {
        headers: { authorization: `Bearer ${this.options.token}`, accept: 'text/event-stream', ...(this.cursor !== undefined && { 'last-event-id': this.cursor }) },
        redirect: 'error', signal: AbortSignal.any([lost.signal, this.closing.signal]),
      });
      if (!this.accepts(answer) || answer.body === null) return false;
      let text = '';
      for await (const part of answer.body.pipeThrough(new TextDecoderStream())) {
        alive();
        const events = (text + part).split('\n\n');
        text = events.pop() ?? '';
        for (const event of events) this.take(event);
        worked = true;
      }
    } catch (error) {
      if (!worked) throw error;
    } finally {
      clearTimeout(timer);
    }
    return worked;
  }

  private take(block: string): void {
    const fields = Object.fromEntries(block.split('\n').map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()]));
    // The first of all: what became of keys before it was not heard, and answers may be from then.
    if (fields['id'] && this.cursor === undefined) this.options.onGap();
    if (fields['event'] === 'key') this.options.onKey((JSON.parse(fields['data'] ?? '{}') as { key_id: string }).key_id);
    if (fields['id']) this.cursor = fields['id'];
    if (fields['event'] === 'current') this.provedAt = performance.now();
  }

  /** Reads what came since, by pages. Without a cursor nothing is kept that could be out of date, so now is where it starts. */
  private async poll(): Promise<void> {
    for (let more = true; more && !this.closing.signal.aborted;) {
      const started = performance.now();
      const answer = await fetch(`${this.options.url}/v1/revocations?limit=1000&cursor=${this.cursor ?? 'now'}`, {
        headers: { authorization: `Bearer ${this.options.token}` }, redirect: 'error', signal: AbortSignal.any([AbortSignal.timeout(this.silenceMs), this.closing.signal]),
      });
      if (!this.accepts(answer)) return;
      const page = await answer.json() as { data: { key_id: string }[]; next_cursor: string; more: boolean };
      if (this.cursor === undefined) this.options.onGap();
      for (const { key_id } of page.data) this.options.onKey(key_id);
      this.cursor = page.next_cursor;
      more = page.more;
      if (!more) this.provedAt = started;
    }
  }

  private accepts(answer: Response): boolean {
    if (answer.status === 410) {
      this.cursor = undefined;
      this.options.onGap();
    }
    return answer.ok;
  }
}
