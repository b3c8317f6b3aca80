import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { Database } from '@keytrail/postgres';
import { createTempDir, type TempDir } from '../../test/support/temp-dir.js';
import { insertCredential, markRevoked, type NewCredential } from './credential.store.js';
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

  const add = (key_id: string, fields: Partial<NewCredential> = {}, material: object = {}) => insertCredential(database, {
    key_id, kind: 'api_key', account_id: 'a', workspace_id: 'acme', environment: null, name: key_id, service: 's', owner_id: 'own', scopes: [],
    created_at: new Date(0), created_by: 'me', expires_at: null, rotation_due_at: new Date(1), rotation_follows_policy: true, replaces: null, ...fields,
  }, { public_id: null, fingerprint: `fp_${key_id}`, hint: '', ...material });

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

  it('shows a key of the account to every workspace', async () => {
    const keys = new KeyDirectory(database);
    await add('wide', { kind: 'service_token', workspace_id: null, environment: 'production' });
    await keys.refresh();
    for (const workspace of ['acme', 'other']) expect(keys.findIn(workspace, 'wide')).toMatchObject({ key_id: 'wide', workspace_id: null });
  });

  it('finds a workspace key by its public id, and by the fingerprint of its id and of its secret', async () => {
    const keys = new KeyDirectory(database);
    await add('signs', { kind: 'workspace_key' }, { public_id: 'kt_ws_1', wrapped: { wrapped: 'x', wrapping_version: 0, secret_fingerprint: 'fp_secret' } });
    await keys.refresh();
    const found = keys.find('signs');
    expect(found).toBeDefined();
    expect([keys.findByPublicId('kt_ws_1'), keys.findByFingerprint('fp_signs'), keys.findByFingerprint('fp_secret')]).toEqual([found, found, found]);
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
    await add('late', { version: 990 } as object);
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
