import type { LineProblem } from './line-problem.js';
import type { GatheredRows } from './gathered-rows.js';
import type { RawLine } from './raw-line.js';

/** A request that was refused. */
export interface RefusedLine {
  from: RawLine;
  problem: LineProblem;
  /** Its place among the requests of its line, from 0, and how many these are. */
  item: number;
  of: number;
  /** Its place among all requests that were taken in with it, from 0. */
  at: number;
}

/** Requests of one Kafka message that were refused, so many that they are kept as one. */
export interface RefusedMessage {
  /** The message as one line. */
  from: RawLine;
  /** The first one's, and how many there are. */
  problem: LineProblem;
  requests: number;
  /** Their places among all requests of the message, from 0; null = all. */
  items: number[] | null;
}

/** received = rows + refused + the requests of refused messages. A line that holds several requests counts as so many. */
export interface TakenIn {
  received: number;
  rows: GatheredRows;
  refused: RefusedLine[];
  refusedMessages: RefusedMessage[];
}
