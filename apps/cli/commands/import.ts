import { SingleBar } from 'cli-progress';
import { Command, Option } from 'commander';
import { RequestLogFormat } from '@keytrail/contracts';
import { createApiClient } from '@keytrail/demo';
import { readConfig } from '../config.js';
import { importFiles } from '../import/import-files.js';
import { measure } from '../import/measure.js';
import { describeTotals, noTotals } from '../import/totals.js';
import type { CliIo } from '../io.js';
import { serverOptions, type ServerFlags } from './server-options.js';

interface ImportFlags extends ServerFlags {
  format: RequestLogFormat;
  workspace?: string;
  json?: boolean;
}

function progressBar(io: CliIo, total: number | undefined): SingleBar | null {
  if (!io.stderr.isTTY || total === undefined || total === 0) return null;
  const bar = new SingleBar({ stream: io.stderr, format: '{bar} {percentage}% | {lines} lines | {duration_formatted}', hideCursor: true });
  bar.start(total, 0, { lines: 0 });
  return bar;
}

/** `keytrail import`: exit code 0 when every line was stored, 1 when some were refused. */
export function importCommand(io: CliIo, done: (exitCode: number) => void): Command {
  return serverOptions(new Command('import'))
    .description('send request-log files to Keytrail; sending the same file again within 7 days, with the same token, format and workspace, stores nothing twice')
    .argument('<files...>', 'files, plain or gzipped: one JSON object a line, one JSON document, or an access log; - is standard input')
    .addOption(new Option('--format <format>', 'what the lines are; auto tells each by its marks').choices(RequestLogFormat.options).default('auto'))
    .option('--workspace <id>', 'workspace of lines that name none')
    .option('--json', 'print the totals as one line of JSON')
    .action(async (files: string[], flags: ImportFlags) => {
      const client = createApiClient(readConfig(flags));
      const bar = progressBar(io, await measure(files));
      const totals = noTotals();
      try {
        await importFiles({
          client, files, format: flags.format, workspace: flags.workspace, stdin: io.stdin, signal: io.signal,
          onBytes: (bytes) => bar?.increment(bytes, { lines: totals.received }),
        }, totals);
        bar?.update({ lines: totals.received });
      } finally {
        bar?.stop();
        const text = flags.json ? [JSON.stringify(totals)] : describeTotals(totals);
        io.stdout.write(`${text.join('\n')}\n`);
      }
      done(totals.dead_lettered + totals.not_sent > 0 ? 1 : 0);
    });
}
