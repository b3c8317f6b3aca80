import { Command, CommanderError } from 'commander';
import { ApiError, ConnectionError } from '@keytrail/demo';
import { auditCommand } from './commands/audit.js';
import { backtestCommand } from './commands/backtest.js';
import { demoCommand } from './commands/demo.js';
import { dlqCommand } from './commands/dlq.js';
import { importCommand } from './commands/import.js';
import { ownersCommand } from './commands/owners.js';
import { secretsCommand } from './commands/secrets.js';
import { UsageError } from './config.js';
import type { CliIo } from './io.js';

const wrongCall = 2;
const interrupted = 130;

/** What to tell about an error, without a stack: it is the caller's to mend. */
function explain(error: unknown): string {
  if (error instanceof UsageError || error instanceof ApiError || error instanceof ConnectionError) return error.message;
  const { code, path, message } = error as NodeJS.ErrnoException;
  if (code?.startsWith('Z_')) return `a gzipped file cannot be unpacked: ${message}`;
  if (code !== undefined) return `${path ?? 'a file'} cannot be read: ${message}`;
  return error instanceof Error ? (error.stack ?? message) : String(error);
}

/** Runs one command. Resolves to the exit code: 0 done, 1 lines were refused or a record was tampered with, 2 wrong call or no connection, 130 interrupted. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  let exitCode = 0;
  const done = (code: number) => { exitCode = code; };
  const program = new Command('keytrail')
    .description('Watches how API keys are used.')
    .version(io.version)
    .addCommand(importCommand(io, done))
    .addCommand(dlqCommand(io, done))
    .addCommand(auditCommand(io, done))
    .addCommand(backtestCommand(io, done))
    .addCommand(ownersCommand(io, done))
    .addCommand(secretsCommand(io, done))
    .addCommand(demoCommand(io, done));
  for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text),
    });
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : wrongCall;
    if (io.signal.aborted) return interrupted;
    io.stderr.write(`keytrail: ${explain(error)}\n`);
    return wrongCall;
  }
}
