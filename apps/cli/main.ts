import manifest from '../../package.json' with { type: 'json' };
import { runCli } from './program.js';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { stop.abort(); });

// A reader that left (`| head`) ends the command quietly.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await runCli(process.argv.slice(2), {
  version: manifest.version, stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, signal: stop.signal,
});
