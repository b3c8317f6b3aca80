import { existsSync } from 'node:fs';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Database } from '@keytrail/postgres';

/**
 * Puts an embedded Postgres with today's schema and nothing in it where an app will look for it: making one takes seconds, copying one a
 * tenth of that. Does nothing where there is one already, or outside of a test run.
 */
export async function placeEmbeddedPostgres(dataDir: string): Promise<void> {
  const keeper = process.env['KEYTRAIL_TEST_KEEPER'];
  const directory = join(dataDir, 'postgres');
  if (keeper === undefined || existsSync(directory)) return;
  // The directory of the run: its keeper removes it at the end.
  const template = join(dirname(keeper), 'postgres-template');
  if (!existsSync(template)) await make(template);
  await mkdir(dataDir, { recursive: true });
  await cp(template, directory, { recursive: true });
}

/** Beside its place first: the other worker may be making one, too, and one of both is enough. */
async function make(template: string): Promise<void> {
  const unfinished = `${template}.${process.pid}`;
  const database = await Database.open({ directory: unfinished });
  await database.destroy();
  await rename(unfinished, template).catch(() => rm(unfinished, { recursive: true, force: true }));
}
