import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runCli } from '../../apps/cli/program.js';

/** Runs `keytrail` in this process, and tells what it said. */
export async function runKeytrail(...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const said = [text(stdout), text(stderr)];
  const exitCode = await runCli(args, { version: '0.0.0', stdin: Readable.from([]), stdout, stderr, signal: new AbortController().signal });
  for (const stream of [stdout, stderr]) stream.end();
  return { exitCode, stdout: await said[0]!, stderr: await said[1]! };
}
