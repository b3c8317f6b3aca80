import type { z } from 'zod';
import { DataDirLockedError } from './data-dir-lock.js';
import { SettingsError, readSettings } from './settings.js';

export interface RunningProcess {
  /** Drains and closes. */
  stop(): Promise<void>;
}

export interface ProcessOptions<T extends z.ZodType> {
  schema: T;
  env: Record<string, string | undefined>;
  argv: readonly string[];
  /** What the app takes besides `--check-config`. */
  flags?: readonly string[];
  start(settings: z.infer<T>): Promise<RunningProcess>;
}

const CHECK_CONFIG = '--check-config';

class UnknownFlagError extends Error {}

function assertKnownFlags(argv: readonly string[], known: readonly string[]): void {
  const unknown = argv.filter((argument) => !known.includes(argument));
  if (unknown.length > 0) throw new UnknownFlagError(`Not known on the command line: ${unknown.join(' ')}. Known: ${known.join(', ')}.`);
}

/** An orchestrator sends SIGKILL after 10 s; what has not stopped by then will not. */
const STOP_WITHIN_MS = 9_500;

/**
 * Runs an app: settings first (all problems at once; `--check-config` ends here), then start, then wait for SIGTERM or Ctrl-C, drain and
 * close. A second signal ends it at once.
 */
export async function runProcess<T extends z.ZodType>(options: ProcessOptions<T>): Promise<void> {
  try {
    assertKnownFlags(options.argv, [CHECK_CONFIG, ...options.flags ?? []]);
    const settings = readSettings(options.schema, options.env);
    if (options.argv.includes(CHECK_CONFIG)) {
      process.stdout.write('The settings can be used.\n');
      return;
    }
    stopOnSignal(await options.start(settings));
  } catch (error) {
    const expected = error instanceof SettingsError || error instanceof DataDirLockedError || error instanceof UnknownFlagError;
    process.stderr.write(`${error instanceof Error ? (expected ? error.message : error.stack) : String(error)}\n`);
    process.exit(expected ? 2 : 1);
  }
}

function stopOnSignal(running: RunningProcess): void {
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(130);
    stopping = true;
    setTimeout(() => {
      process.stderr.write('Not everything stopped in time.\n');
      process.exit(1);
    }, STOP_WITHIN_MS).unref();
    running.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`Stopping after ${signal} failed: ${error instanceof Error ? error.stack : String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}
