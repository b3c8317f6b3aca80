import { cp, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAppsAlone } from '../support/app-process.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A built app that nobody builds over while it is ended and started again. */
export interface Bundle {
  directory: string;
  remove(): Promise<void>;
}

/** Builds the app unless its bundle is newer than all sources, and copies it to a place of its own. */
export async function ownBundle(app: 'collector' | 'standalone'): Promise<Bundle> {
  const built = join(root, 'dist', 'apps', app);
  // Inside the repository: a bundle finds its packages from where it lies.
  await mkdir(join(root, 'dist', 'under-test'), { recursive: true });
  const directory = await mkdtemp(join(root, 'dist', 'under-test', `${app}-`));
  const isFresh = async () => {
    const builtAt = await stat(join(built, 'main.js')).then(({ mtimeMs }) => mtimeMs, () => 0);
    return Math.max(await newestChange(join(root, 'apps')), await newestChange(join(root, 'libs'))) < builtAt;
  };
  const remove = () => rm(directory, { recursive: true, force: true });
  await buildAppsAlone([app], { unless: isFresh, then: () => cp(built, directory, { recursive: true }) }).catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  return { directory, remove };
}

async function newestChange(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const times = await Promise.all(entries.filter((entry) => entry.isFile()).map(async (entry) => (await stat(join(entry.parentPath, entry.name))).mtimeMs));
  return Math.max(0, ...times);
}
