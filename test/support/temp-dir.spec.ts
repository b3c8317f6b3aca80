import { describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTempDir } from './temp-dir.js';

describe('createTempDir', () => {
  it('gives each caller an empty directory of its own and removes all in it', async () => {
    const [one, other] = await Promise.all([createTempDir(), createTempDir()]);
    expect(one.path).not.toBe(other.path);
    await writeFile(join(one.path, 'file'), 'content');
    await one.remove();
    await one.remove();
    expect(existsSync(one.path)).toBe(false);
    expect(existsSync(other.path)).toBe(true);
    await other.remove();
  });
});
