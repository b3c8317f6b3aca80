import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import type { IntakeAccounts } from '@keytrail/contracts';
import { Database, type Executor } from '@keytrail/postgres';

export interface IntakeCounts {
  received: number;
  stored: number;
  dead_lettered: number;
}

/** How many request logs came in from each source and what became of them, since the beginning. */
@Injectable()
export class IntakeCountStore {
  constructor(private readonly database: Database) {}

  /** Adds a batch, in the transaction that says that the batch is stored. */
  async add(transaction: Executor, source: string, counts: IntakeCounts): Promise<void> {
    await transaction.insertInto('intake_counts').values({ source, ...counts }).onConflict((conflict) => conflict.column('source').doUpdateSet({
      received: sql`intake_counts.received + excluded.received`, stored: sql`intake_counts.stored + excluded.stored`,
      dead_lettered: sql`intake_counts.dead_lettered + excluded.dead_lettered`,
    })).execute();
  }

  bySource(): Promise<IntakeAccounts['sources']> {
    return this.database.selectFrom('intake_counts').selectAll().orderBy('source').execute();
  }

  async list(): Promise<IntakeAccounts> {
    const sources = await this.bySource();
    const partitions = await this.database.selectFrom('kafka_ledger').select(['topic', 'partition', 'next_offset', 'pending_first', 'log_id', 'generation', 'log_since', 'stopped_reason'])
      .orderBy('topic').orderBy('partition').execute();
    return {
      sources, partitions: partitions.map(({ topic, partition, next_offset, pending_first, log_id, generation, log_since, stopped_reason }) => ({
        topic, partition, next_offset, pending: pending_first !== null, topic_id: log_id, generation,
        generation_since: log_since?.toISOString() ?? null, stopped_reason,
      })),
    };
  }
}
