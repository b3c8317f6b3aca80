import type { RequestLogFormat } from '@keytrail/contracts';
import { formats } from './formats/index.js';
import type { LineProblem } from './line-problem.js';
import { normaliseLine } from './normalise.js';
import type { ParsedLine } from './parse-body.js';
import type { NormaliseContext, RequestLogRow } from './row.js';

/** A line as it came, with where and when. */
export type RawLine = ParsedLine & Pick<NormaliseContext, 'receivedAt' | 'topic' | 'partition' | 'offset'>;

export interface RefusedLine {
  from: RawLine;
  problem: LineProblem;
}

/** received = rows + refused. A line that holds several requests counts as so many. */
export interface TakenIn {
  received: number;
  rows: RequestLogRow[];
  refused: RefusedLine[];
}

/** Turns lines into rows to store. A bad line is refused by itself; its neighbours are not touched. */
export function takeIn(lines: Iterable<RawLine>, format: RequestLogFormat, context: Omit<NormaliseContext, 'receivedAt' | 'topic' | 'partition' | 'offset'>): TakenIn {
  const taken: TakenIn = { received: 0, rows: [], refused: [] };
  for (const from of lines) {
    if (from.problem !== undefined) {
      taken.received += 1;
      taken.refused.push({ from, problem: from.problem });
      continue;
    }
    const where: NormaliseContext = {
      ...context, receivedAt: from.receivedAt, ...(from.topic !== undefined && { topic: from.topic }),
      ...(from.partition !== undefined && { partition: from.partition }), ...(from.offset !== undefined && { offset: from.offset }),
    };
    for (const item of formats[format](from.value)) {
      taken.received += 1;
      const { row, problem } = item.problem === undefined ? normaliseLine(item.line, where) : item;
      if (row === undefined) taken.refused.push({ from, problem });
      else taken.rows.push(row);
    }
  }
  return taken;
}
