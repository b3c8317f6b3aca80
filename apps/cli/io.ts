import type { Readable, Writable } from 'node:stream';

/** The outside of a command. */
export interface CliIo {
  version: string;
  stdin: Readable;
  stdout: Writable;
  stderr: NodeJS.WritableStream & { isTTY?: boolean };
  /** Aborts with Ctrl-C and SIGTERM. */
  signal: AbortSignal;
}
