import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createTempDir, type TempDir } from '../../test/support/temp-dir.js';
import { forgetLostBlocks } from './lost-blocks.js';

let directory: TempDir;
beforeEach(async () => {
  directory = await createTempDir();
});
afterEach(() => directory.remove());

/** A table as the engine keeps it: directories of parts, and logs by number. Returns what stands in a log. */
function table(name: string, parts: readonly string[], ...logs: readonly (readonly string[])[]): (number: number) => string {
  const path = join(directory.path, 'store', name.slice(0, 3), name);
  for (const part of [...parts, 'detached', 'deduplication_logs']) mkdirSync(join(path, part), { recursive: true });
  const file = (number: number) => join(path, 'deduplication_logs', `deduplication_log_${number}.txt`);
  for (const [index, lines] of logs.entries()) writeFileSync(file(index + 1), lines.join(''));
  return (number) => readFileSync(file(number), 'utf8');
}
const added = (part: string) => `1\t${part}\tall_1_${part}\n`;

describe('forgetLostBlocks', () => {
  it('strikes out the last token of a table when its block is not there', () => {
    const logOf = table('aaa1', ['all_1_1_0', 'all_2_2_0'], [added('all_1_1_0'), added('all_2_2_0'), added('all_3_3_0')]);
    expect(forgetLostBlocks(directory.path)).toBe(1);
    expect(logOf(1)).toBe(added('all_1_1_0') + added('all_2_2_0'));
    expect(forgetLostBlocks(directory.path)).toBe(0);
  });

  it('keeps the token of a block that was merged into another part, mutated, or lies in a partition of its own', () => {
    table('aaa1', ['all_1_6_2'], [added('all_5_5_0')]);
    table('aaa2', ['all_5_5_0_9'], [added('all_5_5_0')]);
    table('aaa3', ['202610_4_5_1', '202611_6_6_1'], [added('202611_6_6_1')]);
    expect(forgetLostBlocks(directory.path)).toBe(0);
  });

  it('tells partitions from each other, and a block that is being written from one that is kept', () => {
    table('aaa1', ['202610_5_5_0', 'tmp_insert_202611_5_5_0', 'delete_tmp_202611_5_5_0'], [added('202610_4_4_0'), added('202611_5_5_0')]);
    expect(forgetLostBlocks(directory.path)).toBe(1);
  });

  it('looks into the log that was begun last, by number, and past one without a line', () => {
    const logOf = table('aaa1', ['all_1_1_0'], ...Array.from({ length: 9 }, () => [added('all_1_1_0')]), [added('all_1_1_0'), added('all_2_2_0')], []);
    expect(forgetLostBlocks(directory.path)).toBe(1);
    expect([logOf(9), logOf(10), logOf(11)]).toEqual([added('all_1_1_0'), added('all_1_1_0'), '']);
  });

  it('strikes out a line that was cut off, and the only one', () => {
    const logOf = table('aaa1', ['all_1_1_0'], [added('all_1_1_0'), '1\tall_2_2']);
    const lone = table('bbb1', [], [added('all_1_1_0')]);
    expect(forgetLostBlocks(directory.path)).toBe(2);
    expect([logOf(1), lone(1)]).toEqual([added('all_1_1_0'), '']);
  });

  it('leaves what was dropped, what it cannot read, and tables that remember nothing', () => {
    const dropped = table('aaa1', [], [added('all_1_1_0'), '2\tall_1_1_0\tall_1_1\n']);
    const foreign = table('aaa2', [], ['version 2\n']);
    table('aaa3', ['all_1_1_0']);
    expect(forgetLostBlocks(directory.path)).toBe(0);
    expect([dropped(1), foreign(1)]).toEqual([`${added('all_1_1_0')}2\tall_1_1_0\tall_1_1\n`, 'version 2\n']);
  });

  it('does nothing where there is no store', () => {
    expect(forgetLostBlocks(join(directory.path, 'nothing'))).toBe(0);
    expect(existsSync(join(directory.path, 'nothing'))).toBe(false);
  });
});
