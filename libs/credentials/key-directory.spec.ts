import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { Database } from '@keytrail/postgres';
import { createTempDir, type TempDir } from '../../test/support/temp-dir.js';
import { insertCredential, markRevoked } from './credential.store.js';
import { KeyDirectory } from './key-directory.service.js';

describe('KeyDirectory', () => {
  let directory: TempDir;
  let database: Database;
  beforeAll(async () => {
    directory = await createTempDir();
    database = await Database.open({ directory: directory.path });
    const created_at = new Date(0);
    await database.insertInto('accounts').values({ account_id: 'a', name: 'a', created_at }).execute();
    await database.insertInto('workspaces').values({ workspace_id: 'acme', account_id: 'a', name: 'acme', environment: 'test', created_at }).execute();
    await database.insertInto('owners').values({ owner_id: 'own', account_id: 'a', name: 'Payments', kind: 'team', contact: '#pay', status: 'active', created_at }).execute();
  });
  afterAll(async () => {
    await database.destroy();
    await directory.remove();
  });

  const add = (key_id: string) => insertCredential(database, {
    key_id, kind: 'api_key', workspace_id: 'acme', name: key_id, service: 's', owner_id: 'own', scopes: [], digest: key_id, fingerprint: `fp_${key_id}`,
    hint: '', created_at: new Date(0), created_by: 'me', expires_at: null, replaces: null,
  });

  it('finds keys by id and by fingerprint, with their owner, once refreshed', async () => {
    const keys = new KeyDirectory(database);
    await add('one');
    expect(keys.find('one')).toBeUndefined();
    await keys.refresh();
    expect(keys.find('one')).toMatchObject({ key_id: 'one', owner_name: 'Payments', owner_contact: '#pay', revoked_at: null });
    expect(keys.findByFingerprint('fp_one')).toBe(keys.find('one'));
  });

  it('shows a key to its own workspace only', async () => {
    const keys = new KeyDirectory(database);
    await add('own-key');
    await keys.refresh();
    expect(keys.findIn('acme', 'own-key')).toMatchObject({ key_id: 'own-key' });
    expect(keys.findIn('other', 'own-key')).toBeUndefined();
  });

  it('sees a revocation made after the last refresh', async () => {
    const keys = new KeyDirectory(database);
    await add('revoked');
    await keys.refresh();
    await markRevoked(database, 'revoked', { revoked_at: new Date(1), revoked_by: 'me', revoke_reason: null });
    await keys.refresh();
    expect(keys.find('revoked')?.revoked_at).toEqual(new Date(1));
  });

  it('sees a change whose transaction committed late, under a version that is past already', async () => {
    const keys = new KeyDirectory(database);
    await sql`SELECT setval('credential_versions', 1000)`.execute(database);
    await add('early');
    await keys.refresh();
    await sql`ALTER TABLE credentials DISABLE TRIGGER credential_version`.execute(database);
    await sql`INSERT INTO credentials SELECT 'late', kind, workspace_id, name, service, owner_id, scopes, 'late', 'fp_late', hint, created_at, created_by,
      expires_at, rotated_at, revoked_at, revoked_by, revoke_reason, replaces, replaced_by, 990 FROM credentials WHERE key_id = 'early'`.execute(database);
    await sql`ALTER TABLE credentials ENABLE TRIGGER credential_version`.execute(database);
    await keys.refresh();
    expect(keys.find('late')).toMatchObject({ version: 990 });
  });

  it('gives callers that come together what was there when they came', async () => {
    const keys = new KeyDirectory(database);
    const first = keys.refresh();
    await add('meanwhile');
    await Promise.all([first, keys.refresh(), keys.refresh()]);
    expect(keys.find('meanwhile')).toBeDefined();
  });
});
