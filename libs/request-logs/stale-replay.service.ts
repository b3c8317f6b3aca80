import { Injectable, Logger } from '@nestjs/common';
import { ClickHouse } from '@keytrail/clickhouse';
import { Metrics } from '@keytrail/platform';
import type { OffsetRange } from './ledger.js';
import type { Partition } from './ledger.store.js';
import type { RequestLogRow } from './row.js';

/**
 * Inserts after which a token may be forgotten. The tables remember 10,000 blocks; an insert makes a block for every month its rows lie
 * in, so this is the number at which a replay stops trusting them.
 */
const TRUSTED_INSERTS = 800;

/**
 * Decides what of a range to store when its announcement was left behind so long ago that the store may have forgotten its token. The
 * rows that are there are counted by offset, and only what is missing is stored; rollups of rows that are there cannot be repaired this
 * way, which is why it raises an alarm.
 */
@Injectable()
export class StaleReplay {
  private readonly logger = new Logger('collector');

  constructor(private readonly clickhouse: ClickHouse, private readonly metrics: Metrics) {}

  async rowsToStore(partition: Partition, range: OffsetRange, rows: readonly RequestLogRow[], announcedAt: Date): Promise<readonly RequestLogRow[]> {
    if (await this.insertsSince(announcedAt) < TRUSTED_INSERTS) return rows;
    const stored = await this.storedOffsets(partition, range);
    const missing = rows.filter(({ offset }) => !stored.has(offset));
    this.metrics.staleReplays.inc({ topic: partition.topic });
    this.logger.error(`${partition.topic}/${partition.partition}: offsets ${range.first} to ${range.last} were announced at ${announcedAt.toISOString()} `
      + `and never settled. ${rows.length - missing.length} of ${rows.length} rows were there; the rest is stored now`);
    return missing;
  }

  private async insertsSince(time: Date): Promise<number> {
    const [row] = await this.clickhouse.select<{ inserts: number }>(
      `SELECT uniqExact(batch_id) AS inserts FROM caller_activity WHERE ingested_at >= fromUnixTimestamp64Milli(${time.getTime()}, 'UTC')`);
    return row?.inserts ?? 0;
  }

  private async storedOffsets({ topic, partition }: Partition, range: OffsetRange): Promise<Set<number>> {
    const rows = await this.clickhouse.select<{ offset: number }>(
      `SELECT DISTINCT offset FROM request_logs WHERE topic = {topic:String} AND partition = ${Math.trunc(partition)}
        AND offset >= ${Math.trunc(range.first)} AND offset <= ${Math.trunc(range.last)}`, { topic });
    return new Set(rows.map(({ offset }) => offset));
  }
}
