import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SingleBar } from 'cli-progress';
import type { LoggerService } from '@nestjs/common';
import type { RequestLogFormat } from '@keytrail/contracts';
import type { CliIo } from '../io.js';
import { foundLine } from './found.js';
import { readHistory } from './read-history.js';
import { RefusedLines } from './refused-lines.js';
import { openScratchKeytrail, type ScratchKeytrail } from './scratch-keytrail.js';

export interface LogsBacktest {
  files: readonly string[];
  /** Bytes of the files; undefined where that is not known. */
  bytes: number | undefined;
  format: RequestLogFormat;
  workspace: string | undefined;
}

/** Takes the files in, detects, and prints what was found as NDJSON. Resolves to whether every line could be read. */
export async function runLogsBacktest(backtest: LogsBacktest, io: CliIo): Promise<boolean> {
  const keytrail = await openScratchKeytrail(loggerOf(io));
  try {
    io.signal.throwIfAborted();
    const allRead = await takeIn(keytrail, backtest, io);
    await detect(keytrail, io);
    await pipeline(Readable.from(linesOf(keytrail)), io.stdout, { end: false, signal: io.signal });
    return allRead;
  } finally {
    await keytrail.close();
  }
}

async function takeIn({ intake }: ScratchKeytrail, { bytes, ...source }: LogsBacktest, io: CliIo): Promise<boolean> {
  const bar = barOf(io, 'reading', bytes);
  const refused = new RefusedLines();
  try {
    await readHistory(intake, {
      ...source, stdin: io.stdin, signal: io.signal, onBytes: (count) => bar?.increment(count), onRefused: (error) => refused.add(error),
    });
  } finally {
    bar?.stop();
    io.stderr.write(refused.text());
  }
  return !refused.any;
}

async function detect({ activity, detection }: ScratchKeytrail, io: CliIo): Promise<void> {
  const bar = barOf(io, 'judging', await activity.count());
  try {
    await detection.tick(() => io.signal.aborted, (groups) => bar?.increment(groups));
  } finally {
    bar?.stop();
  }
  io.signal.throwIfAborted();
}

async function* linesOf({ findings }: ScratchKeytrail): AsyncGenerator<string> {
  for await (const finding of findings.each()) yield `${JSON.stringify(foundLine(finding))}\n`;
}

function barOf(io: CliIo, doing: string, total: number | undefined): SingleBar | null {
  if (!io.stderr.isTTY || total === undefined || total === 0) return null;
  const bar = new SingleBar({ stream: io.stderr, format: `${doing} {bar} {percentage}% | {duration_formatted}`, hideCursor: true });
  bar.start(total, 0);
  return bar;
}

/** What goes wrong inside is told, but not where the findings go. */
function loggerOf(io: CliIo): LoggerService {
  const say = (message: unknown) => io.stderr.write(`keytrail: ${String(message)}\n`);
  return { log: () => undefined, warn: say, error: say };
}
