import { closeSync, mkdirSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Another live process holds the data directory. */
export class DataDirLockedError extends Error {
  constructor(directory: string, readonly pid: number) {
    super(`The data directory ${directory} is in use by another Keytrail (process ${pid}). `
      + 'Stop that process first, or give this one a directory of its own with KEYTRAIL_DATA_DIR.');
    this.name = 'DataDirLockedError';
  }
}

export interface DataDirLock {
  release(): void;
}

/**
 * Takes a data directory for this process, making it if needed. The lock file holds the process id; one left by a process that is
 * gone (kill -9) is taken over. Throws {@link DataDirLockedError}.
 */
export function lockDataDir(directory: string): DataDirLock {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, 'keytrail.lock');
  for (let attempt = 0; attempt < 5; attempt += 1) {
    try {
      const handle = openSync(file, 'wx', 0o600);
      writeSync(handle, `${process.pid} ${processStart(process.pid)}`);
      closeSync(handle);
      return { release: () => removeIfOurs(file) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = readHolder(file);
    if (holder !== undefined && isAlive(holder)) throw new DataDirLockedError(directory, holder.pid);
    removeQuietly(file);
  }
  throw new DataDirLockedError(directory, readHolder(file)?.pid ?? 0);
}

interface Holder {
  pid: number;
  start: string;
}

/** The start time the kernel gives a process, where it gives one: tells a process from a later one with the same id. */
function processStart(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function readHolder(file: string): Holder | undefined {
  try {
    const [pid, start = ''] = readFileSync(file, 'utf8').trim().split(' ');
    return pid ? { pid: Number(pid), start } : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return holder.start === '' || processStart(holder.pid) === holder.start;
}

function removeIfOurs(file: string): void {
  if (readHolder(file)?.pid === process.pid) removeQuietly(file);
}

function removeQuietly(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // gone already
  }
}
