// `npm run bench:<name> -- …`: builds the benches and runs one, with a keeper at hand for the servers it asks for.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchKeeper } from '../test/support/servers/launch-keeper.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const build = spawnSync(process.execPath, [join(root, 'node_modules/@nestjs/cli/bin/nest.js'), 'build', 'bench'], { cwd: root, encoding: 'utf8' });
if (build.status !== 0) {
  process.stderr.write(`${build.stdout}${build.stderr}The benches could not be built.\n`);
  process.exit(2);
}
const keeper = await launchKeeper();
// As scripts/start.mjs sets them for the app itself.
const env = { UV_THREADPOOL_SIZE: '16', MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072', ...process.env, KEYTRAIL_TEST_KEEPER: keeper.socketPath };
const child = spawn(process.execPath, ['--enable-source-maps', join(root, 'dist/bench/main.js'), ...process.argv.slice(2)], { stdio: 'inherit', env });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
const [code] = await once(child, 'exit');
await keeper.close();
process.exit(code ?? 1);
