import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { EmbeddedPostgres } from './embedded-postgres-thread.js';

/**
 * One connection and a few megabytes of tables need no 128 MB of buffers: PGlite takes all of it at the start and gives none back. What
 * does not fit is in the system's own cache of the files.
 */
const LEAN = ['shared_buffers=8MB', 'wal_buffers=256kB', 'max_connections=10'].flatMap((setting) => ['-c', setting]);

/** Opens the database in a directory, and makes it first where there is none. One process at a time. */
export async function openEmbeddedPostgres(directory: string): Promise<EmbeddedPostgres> {
  if (!existsSync(join(directory, 'PG_VERSION'))) await create(directory);
  return EmbeddedPostgres.open(directory, LEAN);
}

/** Ends with its parent: nobody waits for what it makes then, and the next one starts over. */
const CREATE = `
  process.stdin.on('end', () => process.exit(1)).resume();
  const [module, directory] = process.argv.slice(1);
  import(module).then(({ PGlite }) => PGlite.create(directory)).then((database) => database.close()).then(() => process.exit(0));
`;

/**
 * In a process of its own, since creating takes some 400 MB that are not given back; beside the place and moved there when it is whole,
 * since a process may be killed in between.
 */
async function create(directory: string): Promise<void> {
  const unfinished = `${directory}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  const module = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const child = spawn(process.execPath, ['--eval', CREATE, module, unfinished], { stdio: ['pipe', 'ignore', 'pipe'], env: {} });
  const [[code], printed] = await Promise.all([once(child, 'exit') as Promise<[number | null]>, text(child.stderr)]);
  if (code !== 0) throw new Error(`The embedded database could not be created in ${directory}: ${printed.trim().slice(0, 2000)}`);
  await rename(unfinished, directory);
}
