import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { LogSource, PATIENCE, isReading, stallOf, type Patience, type SourceHealth, type Stall, type TakeBatch } from '@keytrail/kafka';

/** Milliseconds. */
export interface RetryDelays {
  firstMs: number;
  longestMs: number;
  /** How often a running source is looked at. */
  lookMs?: number;
  /** How long a stalled source may take to let go before it is left behind. */
  leaveMs?: number;
}

const TOLD: Record<Stall, string> = {
  ended: 'it ended by itself', not_joined: 'it did not become a member of its group', silent: 'no broker answered it',
  stuck: 'a batch neither was stored nor failed',
};

/**
 * A source that is got ready and started in the background, so that nobody waits for brokers that do not answer, and watched from then
 * on: one that stalls is left behind and started anew. Each failed try is one line in the log.
 */
export class BackgroundLogSource extends LogSource {
  private readonly logger = new Logger('kafka');
  private readonly stopping = new AbortController();
  private started = false;
  private wasReading = false;
  private tellStall: (stall: Stall) => void = () => undefined;

  /** `prepare` is what has to be done before `source` starts, such as making topics. */
  constructor(
    private readonly source: LogSource, private readonly prepare: () => Promise<void>,
    private readonly delays: RetryDelays = { firstMs: 1_000, longestMs: 15_000 }, private readonly patience: Patience = PATIENCE,
  ) {
    super();
  }

  /** Whether it is a member of its group and hears from the brokers now. */
  get isReading(): boolean {
    return this.started && isReading(this.source.health(), performance.now(), this.patience);
  }

  override health(): SourceHealth {
    return this.source.health();
  }

  /** Calls `listener` whenever the source is started anew because it stalled. */
  onStall(listener: (stall: Stall) => void): void {
    this.tellStall = listener;
  }

  override async start(take: TakeBatch): Promise<void> {
    void this.keepReading(take);
  }

  /** Waits neither for a try under way nor for brokers that do not answer. */
  override async stop(): Promise<void> {
    this.stopping.abort();
    if (this.started) await this.letGo();
  }

  private async keepReading(take: TakeBatch): Promise<void> {
    const { signal } = this.stopping;
    const { firstMs, longestMs } = this.delays;
    for (let wait = firstMs; !signal.aborted; wait = Math.min(wait * 2, longestMs)) {
      try {
        await this.prepare();
        if (signal.aborted) return;
        const stall = await this.readUntilStalled(take);
        if (stall === undefined) return;
        this.logger.error(`reading stalled (${stall}): ${TOLD[stall]}; starting anew`);
        this.tellStall(stall);
        wait = firstMs;
      } catch (error) {
        if (signal.aborted) return;
        this.logger.warn(`the brokers cannot be reached, trying again in ${wait} ms: ${error instanceof Error ? error.message : String(error)}`);
      }
      await this.leaveBehind();
      await delay(wait, undefined, { signal }).catch(() => undefined);
    }
  }

  /** undefined: it was stopped. Rejects when it cannot start. Starting, too, may never end. */
  private async readUntilStalled(take: TakeBatch): Promise<Stall | undefined> {
    const { signal } = this.stopping;
    this.started = true;
    let failed: { error: unknown } | undefined;
    void this.source.start(take).catch((error: unknown) => {
      failed = { error };
    });
    while (!signal.aborted) {
      await delay(this.delays.lookMs ?? 500, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return undefined;
      if (failed !== undefined) throw failed.error;
      this.tellChange();
      const stall = stallOf(this.source.health(), performance.now(), this.patience);
      if (stall !== undefined) return stall;
    }
    return undefined;
  }

  private tellChange(): void {
    const { isReading: reading } = this;
    if (reading === this.wasReading) return;
    this.wasReading = reading;
    if (reading) this.logger.log(`reading ${this.source.health().partitions} partitions`);
    else this.logger.warn('not reading: the brokers are away, or partitions are being given out anew');
  }

  /** What hangs may hang for good: nobody waits for it. What it still does under its old assignment changes nothing. */
  private async leaveBehind(): Promise<void> {
    if (!this.started || this.stopping.signal.aborted) return;
    this.started = false;
    this.wasReading = false;
    await this.letGo();
  }

  private async letGo(): Promise<void> {
    const left = this.source.stop().catch((error: unknown) => this.logger.warn(`not left in good order: ${error instanceof Error ? error.message : String(error)}`));
    const late = new AbortController();
    await Promise.race([left, delay(this.delays.leaveMs ?? 8_000, undefined, { signal: late.signal }).catch(() => undefined)]);
    late.abort();
  }
}
