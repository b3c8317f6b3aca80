import { Logger } from '@nestjs/common';
import type { Kafka } from 'kafkajs';
import { ConsumerSession } from './consumer-session.js';
import { LogSource, type SourceHealth, type TakeBatch } from './log-source.js';

export interface KafkaLogSourceOptions {
  topics: readonly string[];
  group: string;
  /** Messages and bytes a batch holds at most (one larger message still comes alone). */
  batchMessages?: number;
  batchBytes?: number;
  /** Milliseconds after which the broker gives away the partitions of a member that went silent. */
  sessionTimeout?: number;
}

/**
 * Reads topics as one member of a consumer group. Offsets are committed for display only, after their batch was stored; the taker says
 * where to read on.
 */
export class KafkaLogSource extends LogSource {
  private readonly logger = new Logger('kafka');
  private readonly created = performance.now();
  private session: ConsumerSession | undefined;
  private assignments = 0;

  constructor(private readonly kafka: Kafka, private readonly options: KafkaLogSourceOptions) {
    super();
  }

  override async start(take: TakeBatch): Promise<void> {
    const { topics, group, batchMessages = 20_000, batchBytes = 8 * 1024 * 1024, sessionTimeout = 30_000 } = this.options;
    const session = new ConsumerSession(this.kafka, { topics, group, batchMessages, batchBytes, sessionTimeout }, take, () => {
      // Over all consumers, so that what an earlier one still has under way can be told apart.
      this.assignments += 1;
      return this.assignments;
    }, this.logger);
    this.session = session;
    await session.start();
  }

  override async stop(): Promise<void> {
    const { session } = this;
    this.session = undefined;
    await session?.stop();
  }

  override health(): SourceHealth {
    return this.session?.health() ?? { joined: false, since: this.created, partitions: 0, heardAt: 0, takingSince: null, ended: null };
  }
}
