import { Injectable, Logger } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { TopicIds } from '@keytrail/kafka';
import { Metrics } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { DeadLetterStore } from './dead-letter.store.js';
import { IntakeCountStore, type IntakeCounts } from './intake-count.store.js';
import { judgeLog, tokenOfRange, type OffsetRange, type PartitionLedger } from './ledger.js';
import { LedgerStore, type Partition, type PartitionLog } from './ledger.store.js';
import { RepeatedInsert } from './repeated-insert.service.js';

/** A partition that is stopped is tried again much sooner: one that is not belongs to somebody else. */
const STOPPED_MS = 60_000;

/** Sees to it that the log that is read is the one of which the ledger speaks: a topic may be deleted and made again under its name. */
@Injectable()
export class PartitionLogs {
  private readonly logger = new Logger('collector');
  private readonly stoppedAt = new Map<string, { partition: Partition; at: number }>();

  constructor(
    private readonly topicIds: TopicIds, private readonly ledger: LedgerStore, private readonly repeated: RepeatedInsert, private readonly deadLetters: DeadLetterStore,
    private readonly counts: IntakeCountStore, private readonly database: Database, private readonly metrics: Metrics,
  ) {
    const found = () => this.nowStopped();
    metrics.registry.registerMetric(new Gauge({
      name: 'keytrail_kafka_stopped_partitions', help: '1 for a partition that is not read because its log does not fit what is stored of it',
      labelNames: ['topic', 'partition'], registers: [],
      collect() {
        this.reset();
        for (const { topic, partition } of found()) this.set({ topic, partition }, 1);
      },
    }));
  }

  /** Partitions that are not read because nothing sound can be said of their log. */
  get stopped(): number {
    return this.nowStopped().length;
  }

  close(): void {
    this.topicIds.close();
  }

  /**
   * Asks the brokers which log it is. `same`: go on; `lost`: the partition belongs to somebody else; else the new log, which the ledger
   * speaks of from now on. Rejects when brokers do not answer, and when nothing can be said.
   */
  async check(partition: Partition, { ledger, log }: { ledger: PartitionLedger; log: PartitionLog }): Promise<'same' | 'lost' | PartitionLog> {
    const found = await this.topicIds.idOf(partition.topic);
    const verdict = judgeLog(log.id, found);
    if (verdict === 'same' || found === null) {
      return verdict === 'same' ? 'same' : this.stop(partition, ledger.epoch, `brokers give the topic no id, and it had one (${log.id}): it may be another one`);
    }
    if (verdict === 'new') return await this.beginAnew(partition, ledger, log, found) ?? 'lost';
    if (!await this.ledger.nameLog(partition, ledger.epoch, found)) return 'lost';
    log.id = found;
    return 'same';
  }

  /** Nothing is read of the partition until somebody decides; rejects with the reason, which all can see. */
  async stop(partition: Partition, epoch: number, reason: string): Promise<never> {
    const place = `${partition.topic}/${partition.partition}`;
    if (!this.stoppedAt.has(place)) this.logger.error(`${place} is stopped: ${reason}; see "A topic was made anew" in the runbook`);
    this.stoppedAt.set(place, { partition, at: performance.now() });
    await this.ledger.stop(partition, epoch, reason);
    throw new Error(`stopped: ${reason}`);
  }

  goesOn({ topic, partition }: Partition): void {
    this.stoppedAt.delete(`${topic}/${partition}`);
  }

  private nowStopped(): Partition[] {
    for (const [place, { at }] of this.stoppedAt) if (performance.now() - at > STOPPED_MS) this.stoppedAt.delete(place);
    return [...this.stoppedAt.values()].map(({ partition }) => partition);
  }

  /** What was announced of the old log cannot be read again: it counts as far as it was stored. */
  private async beginAnew(partition: Partition, { next, pending, epoch }: PartitionLedger, old: PartitionLog, id: string): Promise<PartitionLog | undefined> {
    const { counts, lost } = pending === null ? { counts: undefined, lost: 0 } : await this.accountOf(partition, pending, old);
    const log = await this.database.transaction().execute(async (transaction) => {
      const begun = await this.ledger.beginLog(transaction, partition, epoch, id);
      if (begun === undefined) return undefined;
      await this.deadLetters.forgetPlaces(transaction, partition);
      if (counts !== undefined) await this.counts.add(transaction, `kafka:${partition.topic}`, counts);
      return begun;
    });
    if (log === undefined) return undefined;
    const { topic } = partition;
    this.metrics.kafkaNewLogs.inc({ topic });
    this.metrics.kafkaLost.inc({ topic }, lost);
    this.logger.error(`${topic}/${partition.partition}: the topic was made anew (id ${id}, before ${old.id}) and is read from its beginning, as generation ${log.generation}. `
      + `Of the old one everything below offset ${pending?.first ?? next ?? 0} is stored${lost > 0 ? `, ${lost} offsets that were announced are not` : ''}; `
      + 'what came after is gone and was never read');
    return log;
  }

  private async accountOf(partition: Partition, range: OffsetRange, { generation }: PartitionLog): Promise<{ counts: IntakeCounts; lost: number }> {
    const rows = await this.repeated.offsetsUnder(tokenOfRange(partition, range, generation));
    const letters = await this.deadLetters.ofRange(partition, range);
    const refused = letters.reduce((sum, { requests }) => sum + requests, 0);
    const offsets = new Set([...rows, ...letters.map(({ offset }) => offset)]);
    return { counts: { received: rows.length + refused, stored: rows.length, dead_lettered: refused }, lost: range.last - range.first + 1 - offsets.size };
  }
}
