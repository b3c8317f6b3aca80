import { buildRequestLogBlock, type RequestLogBlockBuilder } from './request-log-block.js';
import type { RequestLogRow } from './row.js';

/** Rows that are written into the block at a time: few enough to be gone before anybody has to move them in memory. */
const ROWS_AT_ONCE = 500;

export interface GatheredRowsOptions {
  /** So many rows are kept as they are, to be joined with others or compared; when there are more, all go into the block. */
  mostKept: number;
  /** More or less, so that the block need not grow. */
  expected?: number;
}

/** Rows on their way to the store. Many are written into the block they will be stored as while they come: it takes a tenth of their memory. */
export class GatheredRows {
  private kept: RequestLogRow[] = [];
  private builder: RequestLogBlockBuilder | undefined;
  private count = 0;
  private isGiven = false;

  constructor(private readonly options: GatheredRowsOptions) {}

  get length(): number {
    return this.count;
  }

  add(row: RequestLogRow): void {
    this.count += 1;
    this.kept.push(row);
    if (this.kept.length >= ROWS_AT_ONCE && (this.builder !== undefined || this.kept.length > this.options.mostKept)) this.writeKept();
  }

  /** The rows themselves, where there are no more than were to be kept. */
  asRows(): readonly RequestLogRow[] {
    if (this.builder !== undefined || this.isGiven) throw new Error('these rows were too many to be kept');
    return this.kept;
  }

  /** What they are stored as; once, since it is used again for other rows when it is done with. */
  asBlock(): RequestLogBlockBuilder {
    if (this.isGiven) throw new Error('these rows were given away already');
    this.isGiven = true;
    const builder = this.writeKept();
    this.builder = undefined;
    return builder;
  }

  private writeKept(): RequestLogBlockBuilder {
    this.builder ??= buildRequestLogBlock(Math.max(this.options.expected ?? 0, this.count));
    this.builder.append(this.kept);
    this.kept = [];
    return this.builder;
  }
}
