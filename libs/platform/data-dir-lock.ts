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

/** A lock file that names nobody is being written just now, or was when its process ended. Attempts until the latter is believed. */
const WRITTEN_WITHIN = 50;
const ATTEMPTS = 100;
const PAUSE_MS = 20;

/**
 * Takes a data directory for this process, making it if needed. The lock file holds the process id; one left by a process that is
 * gone (kill -9) is taken over, by one of however many start at once. Throws {@link DataDirLockedError}.
 */
export function lockDataDir(directory: string): DataDirLock {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, 'keytrail.lock');
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (claim(file)) return { release: () => removeIfOurs(file) };
    const holder = readHolder(file);
    if (holder !== undefined && isAlive(holder)) throw new DataDirLockedError(directory, holder.pid);
    if (holder === undefined && attempt < WRITTEN_WITHIN) pause();
    else clearAway(file, holder);
  }
  throw new DataDirLockedError(directory, readHolder(file)?.pid ?? 0);
}

/** Makes a file that names this process; false when there is one. */
function claim(file: string): boolean {
  try {
    const handle = openSync(file, 'wx', 0o600);
    writeSync(handle, `${process.pid} ${processStart(process.pid)}`);
    closeSync(handle);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes the file of a dead holder. Whoever does so must have the mark of this very holder and look again: another may have cleared it
 * away before, and somebody alive may have the lock by now.
 */
function clearAway(file: string, dead: Holder | undefined): void {
  const mark = `${file}.after-${dead?.pid ?? 0}-${dead?.start ?? ''}`;
  if (claim(mark)) {
    const holder = readHolder(file);
    if (holder?.pid === dead?.pid && holder?.start === dead?.start) removeQuietly(file);
    removeQuietly(mark);
    return;
  }
  const clearing = readHolder(mark);
  if (clearing !== undefined && !isAlive(clearing)) removeQuietly(mark);
  pause();
}

const pause = (): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
};

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
    return Number(pid) > 0 ? { pid: Number(pid), start } : undefined;
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
