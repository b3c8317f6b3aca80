import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Clock } from '@keytrail/platform';
import { Database, type Executor } from '@keytrail/postgres';
import type { OffsetRange, PartitionLedger } from './ledger.js';

export interface Partition {
  topic: string;
  partition: number;
}

/** One log of a partition: a topic that is made anew has another. */
export interface PartitionLog {
  /** The topic id; null = not known. */
  id: string | null;
  /** How many logs were read before this one. */
  generation: number;
  /** When reading it began; null for the first. */
  since: Date | null;
}

/** The ledger as it was found: how long a pending range has been waiting, and of which log it speaks, too. */
export interface ClaimedLedger extends PartitionLedger {
  announced_at: Date | null;
  log: PartitionLog;
}

/**
 * What is stored of each partition. It, and not the broker's committed offset, decides where reading goes on. Every change names the
 * epoch it was made under; one made under an older epoch changes nothing and answers false: the partition belongs to somebody else now.
 */
@Injectable()
export class LedgerStore {
  constructor(private readonly database: Database, private readonly clock: Clock) {}

  /** Takes a partition: whoever had it before cannot write to its ledger any more. */
  async claim({ topic, partition }: Partition): Promise<ClaimedLedger> {
    const row = await this.database.insertInto('kafka_ledger').values({ topic, partition, epoch: 1 })
      .onConflict((conflict) => conflict.columns(['topic', 'partition']).doUpdateSet({ epoch: sql`kafka_ledger.epoch + 1` }))
      .returningAll().executeTakeFirstOrThrow();
    const { pending_first: first, pending_last: last } = row;
    return {
      next: row.next_offset, pending: first === null || last === null ? null : { first, last }, epoch: row.epoch, announced_at: row.announced_at,
      log: { id: row.log_id, generation: row.generation, since: row.log_since },
    };
  }

  /** Says durably which range will be stored, before it is. */
  async announce({ topic, partition }: Partition, epoch: number, range: OffsetRange): Promise<boolean> {
    const row = await this.database.updateTable('kafka_ledger')
      .set({ pending_first: range.first, pending_last: range.last, announced_at: this.clock.date() })
      .where('topic', '=', topic).where('partition', '=', partition).where('epoch', '=', epoch).where('pending_first', 'is', null)
      .where((where) => where.or([where('next_offset', 'is', null), where('next_offset', '=', range.first)]))
      .returning('epoch').executeTakeFirst();
    return row !== undefined;
  }

  /** Says that the announced range is stored. */
  async settle(transaction: Executor, { topic, partition }: Partition, epoch: number, range: OffsetRange): Promise<boolean> {
    const row = await transaction.updateTable('kafka_ledger')
      .set({ next_offset: range.last + 1, pending_first: null, pending_last: null, announced_at: null, stopped_reason: null })
      .where('topic', '=', topic).where('partition', '=', partition).where('epoch', '=', epoch).where('pending_first', '=', range.first)
      .where('pending_last', '=', range.last).returning('epoch').executeTakeFirst();
    return row !== undefined;
  }

  /** Notes of which log it speaks, the first time brokers say it. */
  async nameLog({ topic, partition }: Partition, epoch: number, id: string): Promise<boolean> {
    const row = await this.database.updateTable('kafka_ledger').set({ log_id: id })
      .where('topic', '=', topic).where('partition', '=', partition).where('epoch', '=', epoch).where('log_id', 'is', null)
      .returning('epoch').executeTakeFirst();
    return row !== undefined;
  }

  /** Begins anew with another log, from its first offset. undefined: the partition belongs to somebody else now. */
  async beginLog(transaction: Executor, { topic, partition }: Partition, epoch: number, id: string): Promise<PartitionLog | undefined> {
    const row = await transaction.updateTable('kafka_ledger')
      .set({
        log_id: id, generation: sql`generation + 1`, log_since: this.clock.date(), next_offset: 0, pending_first: null, pending_last: null,
        announced_at: null, stopped_reason: null,
      })
      .where('topic', '=', topic).where('partition', '=', partition).where('epoch', '=', epoch)
      .returning(['log_id as id', 'generation', 'log_since as since']).executeTakeFirst();
    return row;
  }

  /** Says why nothing of it is read. */
  async stop({ topic, partition }: Partition, epoch: number, reason: string): Promise<void> {
    await this.database.updateTable('kafka_ledger').set({ stopped_reason: reason })
      .where('topic', '=', topic).where('partition', '=', partition).where('epoch', '=', epoch).execute();
  }
}
