import { Command } from 'commander';
import { fileProgress } from '../backtest/progress.js';
import type { CliIo } from '../io.js';

/** `keytrail backtest minutes`: alarms as CSV on standard output. */
export function backtestMinutesCommand(io: CliIo, done: (exitCode: number) => void): Command {
  return new Command('minutes')
    .description('judge counts by key and minute; prints key,minute,kind,score: when which alarm would have been raised')
    .argument('<file>', 'CSV, plain or gzipped, with the columns key,minute,requests,errors,denied: epoch minutes; those that are missing had no requests')
    .action(async (file: string) => {
      const progress = await fileProgress(file, 2, io);
      try {
        const { runMinutes } = await import('../backtest/run-minutes.js');
        await runMinutes(file, io, progress.add);
      } finally {
        progress.stop();
      }
      done(0);
    });
}
