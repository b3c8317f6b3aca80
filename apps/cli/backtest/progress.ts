import { stat } from 'node:fs/promises';
import { SingleBar } from 'cli-progress';
import { UsageError } from '../config.js';
import type { CliIo } from '../io.js';

/** Shows on a terminal how far a file was read that is read `times` times. Throws `UsageError` when it cannot be. */
export async function fileProgress(path: string, times: number, io: CliIo): Promise<{ add: (bytes: number) => void; stop: () => void }> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path}: ${error.code === 'ENOENT' ? 'no such file' : `cannot be read (${error.code ?? 'unknown'})`}`);
  });
  if (!found.isFile()) throw new UsageError(`${path}: is not a file; it is read more than once`);
  if (!io.stderr.isTTY) return { add: () => undefined, stop: () => undefined };
  const bar = new SingleBar({ stream: io.stderr, format: '{bar} {percentage}% | {duration_formatted}', hideCursor: true });
  bar.start(times * found.size, 0);
  return { add: (bytes) => bar.increment(bytes), stop: () => bar.stop() };
}
