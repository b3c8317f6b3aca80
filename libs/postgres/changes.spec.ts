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

  const openChanges = async () => {
    directory = await createTempDir('keytrail-changes-');
    database = await Database.open({ directory: directory.path });
    const changes = new Changes(database);
    return { changes, read: jest.spyOn(changes as unknown as { read(): Promise<unknown> }, 'read') };
  };
  const token = { token_id: 't', name: 't', role: 'gateway', workspaces: null, digest: 'd', created_at: new Date(), created_by: 'x' } as const;

  it('is told by each write before whoever wrote hears of it: nobody has to ask', async () => {
    const { changes, read } = await openChanges();
    expect(await changes.now()).toMatchObject({ access_tokens: 0, keys: 0 });
    await database.insertInto('request_nonces').values({ key_id: 'k', nonce: 'n', expires_at: new Date() }).execute();
    await changes.now();
    await database.insertInto('access_tokens').values(token).execute();
    expect(await changes.now()).toMatchObject({ access_tokens: 1 });
    await expect(database.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('access_tokens').execute();
      throw new Error('taken back');
    })).rejects.toThrow('taken back');
    expect(await changes.now()).toMatchObject({ access_tokens: 1 });
    // While a transaction is open, what it wrote is nobody's business, and its connection is taken.
    await database.transaction().execute(async (transaction) => {
      await transaction.updateTable('access_tokens').set({ name: 'other' }).execute();
      expect(await changes.now()).toMatchObject({ access_tokens: 1 });
    });
    expect(await changes.now()).toMatchObject({ access_tokens: 2, restores: 0 });
    await database.updateTable('access_token_changes').set({ version: 1 }).execute();
    expect(await changes.now()).toMatchObject({ access_tokens: 1, restores: 1 });
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('tells which keys changed, before it tells how far', async () => {
    const { changes } = await openChanges();
    const told: unknown[] = [];
    changes.onKeysChanged(({ since, marks, fingerprints }) => told.push([since, marks.keys, fingerprints, database.writes]));
    await database.insertInto('access_tokens').values(token).execute();
    const event = { at: new Date(), type: 'revoked', key_id: 'k', kind: 'api_key', workspace_id: null, name: 'n' } as const;
    await database.insertInto('key_events').values([{ ...event, position: 3, fingerprint: 'fp_a' }, { ...event, position: 5, fingerprint: 'fp_b' }]).execute();
    const { writes } = database;
    expect(told).toEqual([[0, 5, ['fp_a', 'fp_b'], writes]]);
    expect((await changes.now()).keys).toBe(5);
  });

  it('is asked for when a write could not tell', async () => {
    const { changes, read } = await openChanges();
    await changes.now();
    database.lookAtWrites(async () => {
      throw new Error('no answer');
    });
    await database.insertInto('access_tokens').values(token).execute();
    expect(await changes.now()).toMatchObject({ access_tokens: 1 });
    await changes.now();
    expect(read).toHaveBeenCalledTimes(2);
  });
});
