import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createTempDir, type TempDir } from '../../test/support/temp-dir.js';
import { Changes } from './changes.service.js';
import { Database } from './database.js';

describe('how far the registry has changed, on the embedded database', () => {
  let directory: TempDir;
  let database: Database;
  afterEach(async () => {
    await database.destroy();
    await directory.remove();
  });

  it('is asked for after a write, and not while nothing was written', async () => {
    directory = await createTempDir('keytrail-changes-');
    database = await Database.open({ directory: directory.path });
    const changes = new Changes(database);
    const read = jest.spyOn(changes as unknown as { read(): Promise<unknown> }, 'read');
    const token = { token_id: 't', name: 't', role: 'gateway', workspaces: null, digest: 'd', created_at: new Date(), created_by: 'x' } as const;
    expect(await changes.now()).toMatchObject({ access_tokens: 0, keys: 0 });
    await changes.now();
    await database.insertInto('request_nonces').values({ key_id: 'k', nonce: 'n', expires_at: new Date() }).execute();
    await changes.now();
    expect(read).toHaveBeenCalledTimes(1);
    await database.insertInto('access_tokens').values(token).execute();
    expect(await changes.now()).toMatchObject({ access_tokens: 1 });
    await expect(database.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('access_tokens').execute();
      throw new Error('taken back');
    })).rejects.toThrow('taken back');
    expect(await changes.now()).toMatchObject({ access_tokens: 1 });
    // While a transaction is open, what it wrote is nobody's business, and its connection is taken.
    const before = read.mock.calls.length;
    await database.transaction().execute(async (transaction) => {
      await transaction.updateTable('access_tokens').set({ name: 'other' }).execute();
      expect(await changes.now()).toMatchObject({ access_tokens: 1 });
    });
    expect(read).toHaveBeenCalledTimes(before);
    expect(await changes.now()).toMatchObject({ access_tokens: 2, restores: 0 });
    await database.updateTable('access_token_changes').set({ version: 1 }).execute();
    expect(await changes.now()).toMatchObject({ access_tokens: 1, restores: 1 });
  });
});
