import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startTestApp, type TestApp } from '../support/app.js';
import { createTempDir, type TempDir } from '../support/temp-dir.js';

/** Starts on one data directory, one after another. */
describe('the master key', () => {
  let directory: TempDir;
  let app: TestApp | undefined;
  beforeEach(async () => {
    directory = await createTempDir();
  });
  afterEach(async () => {
    await app?.stop();
    await directory.remove();
  });

  const start = async (env: Record<string, string> = {}): Promise<void> => {
    app = await startTestApp({ KEYTRAIL_DATA_DIR: directory.path, ...env });
  };
  const stop = async () => {
    await app?.stop();
    app = undefined;
  };

  it('cannot be lost or changed unnoticed: the start is refused, makes no other, and works again with the right one', async () => {
    const file = join(directory.path, 'master.key');
    await start();
    await stop();
    await expect(start({ KEYTRAIL_MASTER_KEY: randomBytes(32).toString('base64') })).rejects.toThrow(/KEYTRAIL_MASTER_KEY: .*not the master key/);
    await rename(file, `${file}.away`);
    for (const attempt of [1, 2]) {
      await expect(start()).rejects.toThrow(/KEYTRAIL_MASTER_KEY: .*not the master key/);
      expect([attempt, existsSync(file)]).toEqual([attempt, false]);
    }
    await rename(`${file}.away`, file);
    await start();
    expect((await app!.call('/v1/workspaces')).status).toBe(200);
  });
});
