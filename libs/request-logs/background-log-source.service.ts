import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { LogSource, type TakeBatch } from '@keytrail/kafka';

export interface RetryDelays {
  firstMs: number;
  longestMs: number;
}

/**
 * A source that is got ready and started in the background, so that nobody waits for brokers that do not answer. Each failed try is one
 * line in the log.
 */
export class BackgroundLogSource extends LogSource {
  private readonly logger = new Logger('kafka');
  private readonly stopping = new AbortController();
  private started = false;

  /** `prepare` is what has to be done before `source` starts, such as making topics. */
  constructor(
    private readonly source: LogSource, private readonly prepare: () => Promise<void>,
    private readonly delays: RetryDelays = { firstMs: 1_000, longestMs: 15_000 },
  ) {
    super();
  }

  get isStarted(): boolean {
    return this.started;
  }

  override async start(take: TakeBatch): Promise<void> {
    void this.keepTrying(take);
  }

  /** Does not wait for a try under way. */
  override async stop(): Promise<void> {
    this.stopping.abort();
    if (this.started) await this.source.stop();
  }

  private async keepTrying(take: TakeBatch): Promise<void> {
    const { signal } = this.stopping;
    for (let wait = this.delays.firstMs; !signal.aborted; wait = Math.min(wait * 2, this.delays.longestMs)) {
      try {
        await this.prepare();
        if (signal.aborted) return;
        await this.source.start(take);
        this.started = true;
        if (signal.aborted) await this.source.stop();
        else this.logger.log('connected to the brokers');
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.logger.warn(`the brokers cannot be reached, trying again in ${wait} ms: ${error instanceof Error ? error.message : String(error)}`);
      }
      await delay(wait, undefined, { signal }).catch(() => undefined);
    }
  }
}
