import { createHash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { ClickHouse } from '@keytrail/clickhouse';
import { Clock, Metrics } from '@keytrail/platform';
import { identityOf, missingRows, type RowIdentity } from './missing-rows.js';
import { RequestLogStore } from './request-log.store.js';
import type { RequestLogRow } from './row.js';

/**
 * Blocks after which a token may be forgotten: the tables remember 10,000 each. An insert makes a block for every month its rows lie in; the
 * rest is for clocks that differ.
 */
const TRUSTED_BLOCKS = 8_000;
/** What counts them forgets after seven days. */
const TRUSTED_MS = 6 * 24 * 3_600_000;

export interface EarlierTry {
  token: string;
  /** Before anything was stored under it. */
  announcedAt: Date;
  /** For the log. */
  what: string;
}

interface StoredRow extends RowIdentity {
  /** Epoch milliseconds. */
  ingested_at: number;
}

/**
 * Stores rows that may be stored already, whole or in part: whoever announced them did not come back to say so. The rows must be read as
 * they were the first time, by what the registry held when they were announced.
 */
@Injectable()
export class RepeatedInsert {
  private readonly logger = new Logger('store');

  constructor(
    private readonly clickhouse: ClickHouse, private readonly store: RequestLogStore, private readonly metrics: Metrics, private readonly clock: Clock,
  ) {}

  /**
   * Under its token a block goes where it is missing, the table and each rollup by itself, and nowhere else. A store that was killed between noting a
   * token and keeping its block believes that it has what it lost: rows that are counted and not there go into the table alone. When the store may
   * have forgotten the token, what is missing in the table is stored by itself: rollups of rows that are there cannot be repaired then, which is
   * why it raises an alarm. Resolves with the number of rows under the token.
   */
  async storeAgain(rows: readonly RequestLogRow[], { token, announcedAt, what }: EarlierTry): Promise<number> {
    if (rows.length === 0) return 0;
    const before = await this.stored(rows, token);
    const since = before.reduce((earliest, row) => Math.min(earliest, row.ingested_at), announcedAt.getTime());
    const isTrusted = await this.isRemembered(since);
    if (isTrusted) await this.store.insert(rows, token);
    const stored = isTrusted ? await this.stored(rows, token) : before;
    const missing = missingRows(rows, stored);
    const counted = isTrusted ? await this.countedUnder(token) : 0;
    const areCounted = counted === rows.length && missing.length > 0;
    if (isTrusted && missing.length === 0 && counted !== rows.length) this.warnOfCounts(what, rows.length, counted);
    if (areCounted) this.logger.warn(`${what}: the store had lost ${missing.length} of ${rows.length} rows, though not their counts; they are stored now`);
    else if (!isTrusted || missing.length > 0) this.warn(what, rows.length, missing.length, since);
    if (areCounted) await this.store.insertUncounted(missing, token);
    else await this.store.insert(missing, digest([token, 'missing', ...missing.map(identityOf)].join('\n')), token);
    return stored.length + missing.length;
  }

  /** The offset of each row under a token; reads much where there are many rows. */
  async offsetsUnder(token: string): Promise<number[]> {
    const rows = await this.clickhouse.select<{ offset: number }>('SELECT offset FROM request_logs WHERE batch_id = {token:String}', { token });
    return rows.map(({ offset }) => offset);
  }

  private warn(what: string, rows: number, missing: number, since: number): void {
    this.metrics.staleReplays.inc();
    this.logger.error(`${what}: announced at ${new Date(since).toISOString()} and never settled; the store may have forgotten its token, or the registry `
      + `changed at that moment. ${rows - missing} of ${rows} rows were there; the rest is stored now`);
  }

  private warnOfCounts(what: string, rows: number, counted: number): void {
    this.metrics.staleReplays.inc();
    this.logger.error(`${what}: ${rows} rows are stored and ${counted} of them counted in caller_activity: the store lost a block that it had noted; rollups may be short of it`);
  }

  private async isRemembered(since: number): Promise<boolean> {
    if (this.clock.now() - since > TRUSTED_MS) return false;
    const [row] = await this.clickhouse.select<{ blocks: number }>(
      `SELECT uniqExact(batch_id, toYYYYMM(fromUnixTimestamp(toInt64(minute) * 60))) AS blocks FROM caller_activity
        WHERE ingested_at >= fromUnixTimestamp64Milli(${Math.trunc(since)}, 'UTC')`);
    return (row?.blocks ?? 0) < TRUSTED_BLOCKS;
  }

  /** Requests that the rollups were told of under a token. */
  private async countedUnder(token: string): Promise<number> {
    const [row] = await this.clickhouse.select<{ requests: number }>('SELECT sum(requests) AS requests FROM caller_activity WHERE batch_id = {token:String}', { token });
    return row?.requests ?? 0;
  }

  private async stored(rows: readonly RequestLogRow[], token: string): Promise<StoredRow[]> {
    // Times bound what has to be read; the token says the rest.
    const [from, to] = rows.reduce(([low, high], { time }) => [Math.min(low, time), Math.max(high, time)], [Infinity, -Infinity]);
    return this.clickhouse.select<StoredRow>(
      `SELECT offset, request_id, toUnixTimestamp64Milli(request_logs.ingested_at) AS ingested_at FROM request_logs
        WHERE batch_id = {token:String} AND time >= fromUnixTimestamp64Milli(${from}, 'UTC') AND time <= fromUnixTimestamp64Milli(${to}, 'UTC')`, { token });
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex');
