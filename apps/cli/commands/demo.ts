import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError } from 'commander';
import { runDemo, type HistoryProgress } from '@keytrail/demo';
import { readConfig } from '../config.js';
import type { CliIo } from '../io.js';
import { serverOptions, type ServerFlags } from './server-options.js';

interface DemoFlags extends ServerFlags {
  seed: number;
  history: boolean;
}

function wholeNumber(value: string): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(number)) throw new InvalidArgumentError('It must be a whole number.');
  return number;
}

/** A bar for the history while it loads; nothing where nobody watches. */
function historyBar(io: CliIo): (progress: HistoryProgress) => void {
  let bar: SingleBar | undefined;
  return ({ doneMinutes, totalMinutes, lines }) => {
    if (!io.stderr.isTTY) return;
    if (!bar) {
      bar = new SingleBar({ stream: io.stderr, format: '{bar} {percentage}% | {lines} request logs | {duration_formatted}', hideCursor: true });
      bar.start(totalMinutes, 0, { lines });
      io.signal.addEventListener('abort', () => bar?.stop(), { once: true });
    }
    bar.update(doneMinutes, { lines });
    if (doneMinutes >= totalMinutes) bar.stop();
  };
}

/** `keytrail demo`: runs until Ctrl-C. */
export function demoCommand(io: CliIo, done: (exitCode: number) => void): Command {
  return serverOptions(new Command('demo'))
    .description('load four weeks of made-up history, send live traffic, and after 30 s attack one key')
    .option('--seed <n>', 'another number gives other traffic', wholeNumber, 1)
    .option('--no-history', 'load no history')
    .action(async (flags: DemoFlags) => {
      await runDemo({
        ...readConfig(flags), seed: flags.seed, signal: io.signal, progress: historyBar(io), ...(flags.history ? {} : { historyDays: 0 }),
        log: (line) => io.stdout.write(`${line}\n`),
      });
      done(0);
    });
}
