import { Injectable } from '@nestjs/common';
import type { RequestLogFormat } from '@keytrail/contracts';
import { Clock, WorkspaceScope } from '@keytrail/platform';
import { GatheredRows } from './gathered-rows.js';
import { RequestLogIntake } from './intake.service.js';
import type { LineProblem } from './line-problem.js';
import { parseBody } from './parse-body.js';
import type { RawLine } from './raw-line.js';
import { RequestLogStore } from './request-log.store.js';

/** A request that could not be stored. */
export interface RefusedEntry extends LineProblem {
  /** Place of its entry among those given, from 0. */
  entry: number;
}

/** What became of some entries. An entry that holds several requests counts as so many. */
export interface TakenHistory {
  received: number;
  stored: number;
  refused: RefusedEntry[];
}

export interface HistoryBatch {
  entries: readonly Buffer[];
  format: RequestLogFormat;
  /** Workspace of lines that name none. */
  workspace: string | undefined;
  /** Hex digits; no two batches of a store may have the same. */
  token: string;
}

/**
 * Takes the past into a store that is there for a backtest only: read, normalised and redacted as always, but of any workspace, and what is
 * refused is answered instead of being kept as a dead letter.
 */
@Injectable()
export class HistoryIntake {
  constructor(private readonly intake: RequestLogIntake, private readonly store: RequestLogStore, private readonly clock: Clock) {}

  async take({ entries, format, workspace, token }: HistoryBatch): Promise<TakenHistory> {
    const context = await this.intake.contextFor({ source: 'http', scope: WorkspaceScope.all, format, workspace });
    const places = new Map<RawLine, number>();
    const receivedAt = this.clock.now();
    function* lines(): Generator<RawLine> {
      for (const [entry, bytes] of entries.entries()) {
        for (const line of parseBody(bytes, { format })) {
          line.receivedAt = receivedAt;
          places.set(line, entry);
          yield line;
        }
      }
    }
    const taken = await this.intake.takeIn(lines(), { ...context, acceptsWorkspace: () => true }, new GatheredRows({ mostKept: 0, expected: entries.length }));
    if (taken.rows.length > 0) await this.store.insert(taken.rows, token);
    return {
      received: taken.received, stored: taken.rows.length,
      refused: taken.refused.map(({ from, problem }) => ({ entry: places.get(from)!, ...problem })),
    };
  }
}
