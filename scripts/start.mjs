// `npm start`: builds what changed since the last build, then runs Keytrail in one process.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const main = join(root, 'dist/apps/standalone/main.js');
const cli = join(root, 'dist/apps/cli/main.js');
const page = join(root, 'dist/apps/dashboard/index.html');

function newestChange(path) {
  const stats = statSync(path);
  return stats.isDirectory() ? Math.max(0, ...readdirSync(path).map((name) => newestChange(join(path, name)))) : stats.mtimeMs;
}

/** Whether what was built is younger than all that it is built from. */
function isBuilt(built, sources) {
  if (!built.every((file) => existsSync(file))) return false;
  const oldest = Math.min(...built.map((file) => statSync(file).mtimeMs));
  return ['package.json', ...sources].every((source) => newestChange(join(root, source)) < oldest);
}

const nest = join(root, 'node_modules/@nestjs/cli/bin/nest.js');
const vite = join(root, 'node_modules/vite/bin/vite.js');
const programs = readdirSync(join(root, 'apps')).filter((app) => app !== 'dashboard').map((app) => `apps/${app}`);
const builds = [
  ...(isBuilt([main, cli], [...programs, 'libs']) ? [] : [['standalone', nest, 'build', 'standalone'], ['cli', nest, 'build', 'cli']]),
  ...(isBuilt([page], ['apps/dashboard', 'libs/contracts']) ? [] : [['dashboard', vite, 'build', 'apps/dashboard', '--logLevel', 'warn']]),
];
for (const [app, ...command] of builds) {
  const build = spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8' });
  if (build.status !== 0) {
    process.stderr.write(`${build.stdout}${build.stderr}The build of ${app} failed.\n`);
    process.exit(1);
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
