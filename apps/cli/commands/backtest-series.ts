import { Command } from 'commander';
import { fileProgress } from '../backtest/progress.js';
import type { CliIo } from '../io.js';

/** `keytrail backtest series`: the series with a score for each row, as CSV on standard output. */
export function backtestSeriesCommand(io: CliIo, done: (exitCode: number) => void): Command {
  return new Command('series')
    .description('score any evenly spaced series by the rows before each; prints timestamp,value,anomaly_score: from 0 to 1, from 0.5 on an alarm')
    .argument('<file>', 'CSV, plain or gzipped, with the columns timestamp,value: ISO, YYYY-MM-DD HH:MM:SS (UTC) or epoch seconds or milliseconds')
    .action(async (file: string) => {
      const progress = await fileProgress(file, 1, io);
      try {
        const { runSeries } = await import('../backtest/run-series.js');
        await runSeries(file, io, progress.add);
      } finally {
        progress.stop();
      }
      done(0);
    });
}
