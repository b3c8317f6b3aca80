import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import type { AuditPage, Introspection, RewrapResult } from '@keytrail/contracts';
import { WorkspaceSecrets } from '@keytrail/credentials';
import { startTestApp, type TestApp } from '../support/app.js';
import { runKeytrail } from '../support/cli.js';
import { issueKey, keyKinds, type IssuedKey } from '../support/key-kinds.js';
import { registryOf } from '../support/registry.js';
import { databaseOf } from '../support/request-lines.js';
import { createTempDir, type TempDir } from '../support/temp-dir.js';

const [API_KEY, , WORKSPACE_KEY] = keyKinds as [typeof keyKinds[0], typeof keyKinds[0], typeof keyKinds[0]];
const newKey = () => randomBytes(32).toString('base64');

/** Starts on one data directory, one after another. */
describe('versions of peppers and wrapping keys', () => {
  let directory: TempDir;
  let app: TestApp;
  let running = false;
  beforeEach(async () => {
    directory = await createTempDir();
  });
  const stop = async () => {
    if (running) await app.stop();
    running = false;
  };
  afterEach(async () => {
    await stop();
    await directory.remove();
  });
  const start = async (env: Record<string, string> = {}): Promise<void> => {
    await stop();
    app = await startTestApp({ KEYTRAIL_DATA_DIR: directory.path, ...env });
    running = true;
  };

  const issue = (kind: typeof API_KEY): Promise<IssuedKey> => issueKey(app, registryOf(app), kind);
  const isActive = async ({ secret }: IssuedKey) => (await app.call<Introspection>('/v1/introspect', { body: { token: secret } })).body.active;
  const column = async (table: string, name: string) =>
    (await sql<{ value: unknown }>`SELECT ${sql.ref(name)} AS value FROM ${sql.table(table)} ORDER BY key_id`.execute(databaseOf(app))).rows.map(({ value }) => value);

  it('let keys of an older pepper be recognised, and new ones be made under the newest', async () => {
    const [one, two] = [newKey(), newKey()];
    await start();
    const first = await issue(API_KEY);
    await start({ KEYTRAIL_PEPPERS: `1:${one}` });
    const second = await issue(API_KEY);
    await start({ KEYTRAIL_PEPPERS: `1:${one},2:${two}` });
    const third = await issue(API_KEY);
    expect(await column('bearer_digests', 'pepper_version')).toEqual([0, 1, 2]);
    for (const key of [first, second, third]) expect(await isActive(key)).toBe(true);
  });

  it('refuse a start without a pepper that keys depend on, or with another in its place', async () => {
    const one = newKey();
    await start({ KEYTRAIL_PEPPERS: `1:${one}` });
    const key = await issue(API_KEY);
    await stop();
    await expect(start()).rejects.toThrow(/KEYTRAIL_PEPPERS: version 1 is missing/);
    await expect(start({ KEYTRAIL_PEPPERS: `2:${one}` })).rejects.toThrow(/KEYTRAIL_PEPPERS: version 1 is missing/);
    await expect(start({ KEYTRAIL_PEPPERS: `1:${newKey()}` })).rejects.toThrow(/KEYTRAIL_PEPPERS: version 1 is not the key it was before/);
    await start({ KEYTRAIL_PEPPERS: `1:${one}` });
    expect(await isActive(key)).toBe(true);
  });

  it('are told to the command line, which encrypts all secrets under the newest wrapping key', async () => {
    await start();
    for (let keys = 0; keys < 3; keys += 1) await issue(WORKSPACE_KEY);
    await start({ KEYTRAIL_WRAPPING_KEYS: `1:${newKey()}` });
    const rewrap = (token: string) => runKeytrail('secrets', 'rewrap', '--url', app.url, '--token', token);
    expect(await rewrap(app.adminToken)).toEqual({ exitCode: 0, stdout: '3 encrypted anew under version 1, 0 left\n', stderr: '' });
    expect(await rewrap(app.adminToken)).toMatchObject({ exitCode: 0, stdout: '0 encrypted anew under version 1, 0 left\n' });
    expect(await column('wrapped_secrets', 'wrapping_version')).toEqual([1, 1, 1]);
    expect(await rewrap(await registryOf(app).token('responder'))).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('403') });
  });

  it('let secrets of an older wrapping key be read until they are encrypted anew, and the old key go then', async () => {
    const [one, two] = [newKey(), newKey()];
    const secretOf = (key: IssuedKey) => app.standalone.app.get(WorkspaceSecrets, { strict: false }).secretOf({ key_id: key.key_id, workspace_id: 'default' });
    const rewrap = async (limit?: number) => (await app.call<RewrapResult>('/v1/workspace-secrets/rewrap', { body: { limit } })).body;
    await start({ KEYTRAIL_WRAPPING_KEYS: `1:${one}` });
    const keys = [await issue(WORKSPACE_KEY), await issue(WORKSPACE_KEY), await issue(WORKSPACE_KEY)];
    await start({ KEYTRAIL_WRAPPING_KEYS: `1:${one},2:${two}` });
    keys.push(await issue(WORKSPACE_KEY));
    for (const key of keys) expect(await secretOf(key)).toBe(key.secret);
    const before = await column('wrapped_secrets', 'wrapped');

    expect(await rewrap(2)).toEqual({ version: 2, rewrapped: 2, remaining: 1 });
    expect(await Promise.all([rewrap(), rewrap()]).then((results) => results.map(({ rewrapped }) => rewrapped).sort())).toEqual([0, 1]);
    expect(await rewrap()).toEqual({ version: 2, rewrapped: 0, remaining: 0 });
    const after = await column('wrapped_secrets', 'wrapped');
    expect(after.filter((wrapped, index) => wrapped !== before[index])).toHaveLength(3);
    const entries = (await app.call<AuditPage>('/v1/audit-entries')).body.data.filter(({ action }) => action === 'workspace_secrets.rewrapped');
    expect(entries.map(({ detail }) => detail)).toEqual([{ secrets: 1 }, { secrets: 2 }]);
    expect((await app.call('/v1/workspace-secrets/rewrap', { body: {}, token: await registryOf(app).token('admin', ['default']) })).status).toBe(403);

    await start({ KEYTRAIL_WRAPPING_KEYS: `2:${two}` });
    for (const key of keys) expect(await secretOf(key)).toBe(key.secret);
    await stop();
    await expect(start({ KEYTRAIL_WRAPPING_KEYS: `1:${one}` })).rejects.toThrow(/KEYTRAIL_WRAPPING_KEYS: version 2 is missing/);
  });
});
