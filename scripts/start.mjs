// `npm start`: builds what changed since the last build, then runs Keytrail in one process.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const main = join(root, 'dist/apps/standalone/main.js');
const cli = join(root, 'dist/apps/cli/main.js');

function newestChange(directory) {
  let newest = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    newest = Math.max(newest, entry.isDirectory() ? newestChange(path) : statSync(path).mtimeMs);
  }
  return newest;
}

function isBuilt() {
  if (!existsSync(main) || !existsSync(cli)) return false;
  const built = Math.min(statSync(main).mtimeMs, statSync(cli).mtimeMs);
  const sources = ['apps', 'libs'].map((directory) => newestChange(join(root, directory)));
  return Math.max(...sources, statSync(join(root, 'package.json')).mtimeMs) < built;
}

if (!isBuilt()) {
  const nest = join(root, 'node_modules/@nestjs/cli/bin/nest.js');
  for (const app of ['standalone', 'cli']) {
    const build = spawnSync(process.execPath, [nest, 'build', app], { cwd: root, encoding: 'utf8' });
    if (build.status !== 0) {
      process.stderr.write(`${build.stdout}${build.stderr}The build of ${app} failed.\n`);
      process.exit(1);
    }
  }
}

// Of glibc's making: large buffers, such as batches on their way to the store, go back to the system when they are done with.
const LEAN_MALLOC = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072' };
// On one core, threads that help with garbage only take turns with the one that waits for them.
const flags = availableParallelism() === 1 ? ['--single-threaded-gc'] : [];
// ClickHouse's queries run on libuv's thread pool; with the default of 4 threads file reads would wait behind them.
const child = spawn(process.execPath, ['--enable-source-maps', ...flags, main, ...process.argv.slice(2)], {
  stdio: 'inherit', env: { UV_THREADPOOL_SIZE: '16', ...LEAN_MALLOC, ...process.env },
});
// Ctrl-C reaches the child by itself, as part of the same terminal group.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGKILL' ? 137 : 1)));
