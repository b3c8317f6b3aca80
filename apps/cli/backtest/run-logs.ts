import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SingleBar } from 'cli-progress';
import type { LoggerService } from '@nestjs/common';
import type { RequestLogFormat } from '@keytrail/contracts';
import { changesBetween, defaultsWith, readRuleFolder, readWhatIf, type AssumedSettings, type CustomRule } from '@keytrail/detection';
import { SettingsError } from '@keytrail/platform';
import { UsageError } from '../config.js';
import type { CliIo } from '../io.js';
import { ChangeTable } from './change-table.js';
import { changeLine, foundLine } from './found.js';
import { readHistory } from './read-history.js';
import { RefusedLines } from './refused-lines.js';
import { ScratchStores, type ScratchKeytrail } from './scratch-keytrail.js';

export interface LogsBacktest {
  files: readonly string[];
  /** Bytes of the files; undefined where that is not known. */
  bytes: number | undefined;
  format: RequestLogFormat;
  workspace: string | undefined;
  /** `rule.setting=value`; when there are any, what they change is printed instead of what is found. */
  whatIf: readonly string[];
  /** Folder of rules that people wrote. */
  rules: string | undefined;
  json: boolean;
}

/** Takes the files in, detects, and prints what was found. Resolves to whether every line could be read. Throws `UsageError` for a setting there is not, and for rules that are wrong. */
export async function runLogsBacktest(backtest: LogsBacktest, io: CliIo): Promise<boolean> {
  const own = await ownRules(backtest.rules);
  const assumed = assumedOf(backtest.whatIf, own);
  const stores = await ScratchStores.open(loggerOf(io));
  try {
    io.signal.throwIfAborted();
    const keytrail = await stores.start(new Map(), own);
    const allRead = await takeIn(keytrail, backtest, io);
    await detect(keytrail, 'judging', io);
    if (assumed.size === 0) {
      await print(linesOf(keytrail), io);
      return allRead;
    }
    const other = await stores.start(assumed, own);
    await detect(other, 'judging again', io);
    await print(changesOf(keytrail, other, backtest.json), io);
    return allRead;
  } finally {
    await stores.close();
  }
}

async function ownRules(folder: string | undefined): Promise<CustomRule[]> {
  try {
    return folder === undefined ? [] : await readRuleFolder(folder, '--rules');
  } catch (error) {
    throw error instanceof SettingsError ? new UsageError(error.problems.join('\n')) : error;
  }
}

function assumedOf(texts: readonly string[], own: readonly CustomRule[]): AssumedSettings {
  try {
    return readWhatIf(texts, defaultsWith(own));
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(`--what-if ${error.message}`) : error;
  }
}

async function takeIn({ intake }: ScratchKeytrail, { bytes, files, format, workspace }: LogsBacktest, io: CliIo): Promise<boolean> {
  const bar = barOf(io, 'reading', bytes);
  const refused = new RefusedLines();
  try {
    await readHistory(intake, {
      files, format, workspace, stdin: io.stdin, signal: io.signal, onBytes: (count) => bar?.increment(count), onRefused: (error) => refused.add(error),
    });
  } finally {
    bar?.stop();
    io.stderr.write(refused.text());
  }
  return !refused.any;
}

async function detect({ activity, detection }: ScratchKeytrail, doing: string, io: CliIo): Promise<void> {
  const bar = barOf(io, doing, await activity.count());
  try {
    await detection.tick(() => io.signal.aborted, (groups) => bar?.increment(groups));
  } finally {
    bar?.stop();
  }
  io.signal.throwIfAborted();
}

const print = (lines: AsyncIterable<string>, io: CliIo) => pipeline(Readable.from(lines), io.stdout, { end: false, signal: io.signal });

async function* linesOf({ findings }: ScratchKeytrail): AsyncGenerator<string> {
  for await (const finding of findings.each()) yield `${JSON.stringify(foundLine(finding))}\n`;
}

async function* changesOf(before: ScratchKeytrail, after: ScratchKeytrail, json: boolean): AsyncGenerator<string> {
  const table = new ChangeTable();
  if (!json) yield table.head();
  for await (const change of changesBetween(before.findings.eachBySubject(), after.findings.eachBySubject(), () => table.same())) {
    const line = changeLine(change);
    yield json ? `${JSON.stringify(line)}\n` : table.row(line);
  }
  if (!json) yield table.foot();
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
