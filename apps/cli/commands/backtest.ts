import { Command } from 'commander';
import type { CliIo } from '../io.js';
import { backtestLogsCommand } from './backtest-logs.js';
import { backtestMinutesCommand } from './backtest-minutes.js';
import { backtestSeriesCommand } from './backtest-series.js';

type Subcommand = (io: CliIo, done: (exitCode: number) => void) => Command;

/** One for each kind of history. */
const kinds: readonly Subcommand[] = [backtestLogsCommand, backtestMinutesCommand, backtestSeriesCommand];

/** `keytrail backtest`: what detection would have said of the past, by the code of the live path. */
export function backtestCommand(io: CliIo, done: (exitCode: number) => void): Command {
  const command = new Command('backtest').description('run detection over the past, without a server: nothing is sent and nothing is kept');
  for (const kind of kinds) command.addCommand(kind(io, done));
  return command;
}
