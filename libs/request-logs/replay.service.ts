import { Injectable, Logger } from '@nestjs/common';
import { ClickHouse } from '@keytrail/clickhouse';
import { Metrics } from '@keytrail/platform';
import type { OffsetRange } from './ledger.js';
import type { Partition } from './ledger.store.js';
import type { RowIdentity } from './missing-rows.js';

/**
 * Inserts after which a token may be forgotten. The tables remember 10,000 blocks; an insert makes a block for every month its rows lie
 * in, so this is the number at which a replay stops trusting them.
 */
const TRUSTED_INSERTS = 800;

/** What the store says of a range of offsets that was announced before and may or may not be stored. */
@Injectable()
export class Replay {
  private readonly logger = new Logger('collector');

  constructor(private readonly clickhouse: ClickHouse, private readonly metrics: Metrics) {}

  /** Whether the store still knows a token of that time. */
  async trustsTokens(announcedAt: Date): Promise<boolean> {
    const [row] = await this.clickhouse.select<{ inserts: number }>(
      `SELECT uniqExact(batch_id) AS inserts FROM caller_activity WHERE ingested_at >= fromUnixTimestamp64Milli(${announcedAt.getTime()}, 'UTC')`);
    return (row?.inserts ?? 0) < TRUSTED_INSERTS;
  }

  /** Without a token rows can be counted and stored, but rollups of rows that are there cannot be repaired: someone should know. */
  warnOfStale({ topic, partition }: Partition, range: OffsetRange, announcedAt: Date): void {
    this.metrics.staleReplays.inc({ topic });
    this.logger.error(`${topic}/${partition}: offsets ${range.first} to ${range.last} were announced at ${announcedAt.toISOString()} `
      + 'and never settled, so long ago that the store may have forgotten it; what is missing of them is stored now');
  }

  /** The rows of a range that are stored, however often. */
  stored({ topic, partition }: Partition, range: OffsetRange): Promise<RowIdentity[]> {
    return this.clickhouse.select<RowIdentity>(
      `SELECT offset, request_id FROM request_logs WHERE topic = {topic:String} AND partition = ${Math.trunc(partition)}
        AND offset >= ${Math.trunc(range.first)} AND offset <= ${Math.trunc(range.last)}`, { topic });
  }
}
