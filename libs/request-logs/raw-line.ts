import type { LineProblem } from './line-problem.js';
import type { NormaliseContext, RequestLogRow } from './row.js';

/** A line as it came, with where and when: either `value` was read from it, or there is a `problem`. */
export interface RawLine extends Pick<NormaliseContext, 'receivedAt' | 'topic' | 'partition' | 'offset'> {
  /** Counts from 1: lines of the body (blank ones too), or items of an array. */
  readonly line: number;
  /** A view of the body, not a copy. */
  readonly raw: Buffer;
  /** Of `raw`, in bytes. */
  readonly length: number;
  /** All of the Kafka message it came in; undefined for other sources. */
  readonly message?: Buffer | undefined;
  readonly value?: unknown;
  /** The row of a line that needs no closer look: `completeRow` is left to do. It may be asked for its value all the same. */
  readonly row?: RequestLogRow | undefined;
  readonly problem?: LineProblem | undefined;
}

/** A line of a body. Who reads the body says where and when it came. One object a line, since there are very many. */
export class ParsedLine implements RawLine {
  row: RequestLogRow | undefined = undefined;
  problem: LineProblem | undefined = undefined;
  receivedAt = 0;
  topic = '';
  partition = -1;
  offset = -1;
  message: Buffer | undefined = undefined;
  private read: unknown = undefined;

  /** The line is `body` from `start` to `end` (exclusive). */
  constructor(readonly line: number, private readonly body: Buffer, private readonly start: number, private readonly end: number) {}

  /** Made when it is asked for: that is of bad lines only. */
  get raw(): Buffer {
    return this.body.subarray(this.start, this.end);
  }

  get length(): number {
    return this.end - this.start;
  }

  get value(): unknown {
    if (this.row !== undefined) this.read ??= JSON.parse(this.body.toString('latin1', this.start, this.end)) as unknown;
    return this.read;
  }

  accept(value: unknown): this {
    this.read = value;
    return this;
  }

  acceptRow(row: RequestLogRow): this {
    this.row = row;
    return this;
  }

  refuse(problem: LineProblem): this {
    this.problem = problem;
    return this;
  }
}
