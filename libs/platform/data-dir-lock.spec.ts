import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { transformFileSync } from '@swc/core';
import { DataDirLockedError, lockDataDir } from './data-dir-lock.js';

/** More than Linux gives out. */
const NOBODY = 4_194_305;

describe('lockDataDir', () => {
  let root: string;
  let directory: string;
  let file: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'keytrail-lock-'));
    directory = join(root, 'data');
    file = join(directory, 'keytrail.lock');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('makes the directory for its owner alone, and gives it back', () => {
    const lock = lockDataDir(directory);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    lock.release();
    expect(readdirSync(directory)).toEqual([]);
    lockDataDir(directory).release();
  });

  it('refuses a directory that a live process holds, and says which process and what to do', () => {
    const lock = lockDataDir(directory);
    expect(() => lockDataDir(directory)).toThrow(DataDirLockedError);
    expect(() => lockDataDir(directory)).toThrow(new RegExp(`process ${process.pid}.*KEYTRAIL_DATA_DIR`, 's'));
    lock.release();
  });

  it.each([
    ['a process that is gone', `${NOBODY} 123`], ['an earlier process with the id of this one', `${process.pid} 1`], ['nothing legible', 'x y'],
    ['a process that ended before it wrote its name', ''],
  ])('takes over what %s left', (_, content) => {
    if (content.startsWith(`${process.pid} `) && !existsSync('/proc/self/stat')) return;
    lockDataDir(directory).release();
    writeFileSync(file, content);
    const lock = lockDataDir(directory);
    expect(readFileSync(file, 'utf8')).toContain(String(process.pid));
    expect(readdirSync(directory)).toEqual(['keytrail.lock']);
    lock.release();
  });

  it('takes over though a process died while it took over', () => {
    lockDataDir(directory).release();
    writeFileSync(file, `${NOBODY} 123`);
    writeFileSync(`${file}.after-${NOBODY}-123`, `${NOBODY} 124`);
    lockDataDir(directory).release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('leaves the lock of another alone when it is released late', () => {
    const lock = lockDataDir(directory);
    writeFileSync(file, '1 1');
    lock.release();
    expect(readFileSync(file, 'utf8')).toBe('1 1');
  });

  it.each([['a new directory', undefined], ['one that a dead process left', `${NOBODY} 123`]])('lets one of many that start at once have %s', async (_, left) => {
    const worker = join(root, 'worker.mjs');
    const { code } = transformFileSync(join(import.meta.dirname, 'data-dir-lock.ts'), { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } });
    writeFileSync(worker, `${code}
      process.stdin.once('data', () => {
        try { lockDataDir(process.argv[2]); console.log('won'); } catch (error) { console.log(error.name); }
      });
      console.log('ready');
      process.stdin.on('end', () => process.exit());`);
    lockDataDir(directory).release();
    if (left !== undefined) writeFileSync(file, left);
    const processes = Array.from({ length: 5 }, () => {
      const child = spawn(process.execPath, [worker, directory], { stdio: ['pipe', 'pipe', 'inherit'] });
      const lines: string[] = [];
      let onLine = (): void => undefined;
      child.stdout.on('data', (chunk) => {
        lines.push(...String(chunk).trim().split('\n'));
        onLine();
      });
      const said = (count: number) => new Promise<string>((resolve) => {
        onLine = () => {
          if (lines.length >= count) resolve(lines[count - 1]!);
        };
        onLine();
      });
      return { child, said };
    });
    await Promise.all(processes.map(({ said }) => said(1)));
    for (const { child } of processes) child.stdin.write('go');
    const said = await Promise.all(processes.map((one) => one.said(2)));
    const ended = processes.map(({ child }) => new Promise((resolve) => child.once('close', resolve)));
    for (const { child } of processes) child.stdin.end();
    await Promise.all(ended);
    expect(said.sort()).toEqual([...Array<string>(4).fill('DataDirLockedError'), 'won']);
  });
});
