import { Command, Option } from 'commander';
import { RequestLogFormat } from '@keytrail/contracts';
import { measure } from '../import/measure.js';
import type { CliIo } from '../io.js';

interface LogsFlags {
  format: RequestLogFormat;
  workspace?: string;
  whatIf: string[];
  rules?: string;
  json?: boolean;
}

/** `keytrail backtest logs`: exit code 0 when every line was read, 1 when some were refused, whatever was found. */
export function backtestLogsCommand(io: CliIo, done: (exitCode: number) => void): Command {
  return new Command('logs')
    .description('print what detection finds in request-log files, one finding a line; give the files in the order of their time')
    .argument('<files...>', 'files, plain or gzipped: one JSON object a line, one JSON document, or an access log; - is standard input')
    .addOption(new Option('--format <format>', 'what the lines are; auto tells each by its marks').choices(RequestLogFormat.options).default('auto'))
    .option('--workspace <id>', 'workspace of lines that name none')
    .addOption(new Option('--what-if <rule.setting=value>', 'print what would be found more, less or otherwise with this setting; may be given several times')
      .argParser((value: string, others: string[]) => [...others, value]).default([], 'settings as they are'))
    .option('--rules <folder>', 'rules of your own (Sigma, .yml and .yaml) that are asked as well')
    .option('--json', 'print changes as NDJSON instead of a table; what is found is NDJSON always')
    .action(async (files: string[], { format, workspace, whatIf, rules, json = false }: LogsFlags) => {
      const bytes = await measure(files);
      // Stores and rules are much to load, and no other command needs them.
      const { runLogsBacktest } = await import('../backtest/run-logs.js');
      const allRead = await runLogsBacktest({ files, bytes, format, workspace, whatIf, rules, json }, io);
      done(allRead ? 0 : 1);
    });
}
