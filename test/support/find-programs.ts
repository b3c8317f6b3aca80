import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';

// What this machine has, answered without starting anything: suites decide at describe time whether they can run.

const searchPath = (): string[] => (process.env.PATH ?? '').split(delimiter).filter(Boolean);

/** The program's path, if it is on PATH. */
export function findOnPath(name: string): string | undefined {
  return searchPath().map((dir) => join(dir, name)).find(isExecutable);
}

/** The directory that holds initdb and postgres: PATH first, else the newest of Debian's. */
export function findPostgresBin(): string | undefined {
  const debian = list('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a)).map((version) => `/usr/lib/postgresql/${version}/bin`);
  return [...searchPath(), ...debian].find((dir) => isExecutable(join(dir, 'initdb')) && isExecutable(join(dir, 'postgres')));
}

/** Chromium or Chrome on PATH. */
export function findChromium(): string | undefined {
  return ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].map(findOnPath).find((path) => path !== undefined);
}

/** chDB ships its native library for some platforms only. */
export function hasChdb(): boolean {
  try {
    const scope = join(dirname(createRequire(import.meta.url).resolve('chdb/package.json')), '..', '@chdb');
    return list(scope).some((name) => existsSync(join(scope, name, 'package.json')));
  } catch {
    return false;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
