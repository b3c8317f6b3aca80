import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ApiKey, ApiKeyPage, AuditPage, CreatedApiKey, Replacement } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../support/app.js';
import { captureOutput } from '../support/capture-output.js';
import { registryOf, type TestRegistry } from '../support/registry.js';
import { allThatIsStored, clickhouseOf, databaseOf } from '../support/request-lines.js';

describe('API keys', () => {
  let app: TestApp;
  let registry: TestRegistry;
  let written: () => string;
  beforeAll(async () => {
    written = captureOutput();
    app = await startTestApp();
    registry = registryOf(app);
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await app.stop();
  });

  const entriesOf = async (id: string) => (await app.call<AuditPage>(`/v1/audit-entries?object_id=${id}`)).body.data;
  const in1Hour = () => new Date(Date.now() + 3_600_000).toISOString();

  it('are shown with their secret once, and the secret is nowhere afterwards', async () => {
    const key = await registry.key({ scopes: ['orders:read'] });
    expect(key).toMatchObject({ name: 'payments-production', state: 'active', environment: 'production', hint: key.secret.slice(-4), scopes: ['orders:read'] });
    const replaced = (await app.call<Replacement>(`/v1/api-keys/${key.key_id}/revoke-and-replace`, { body: { reason: 'drill' }, headers: { 'idempotency-key': 'drill' } })).body;
    const other = await registry.key();
    for (const path of [`/v1/api-keys/${key.key_id}`, '/v1/api-keys', `/v1/audit-entries?object_id=${key.key_id}`, '/v1/audit-entries', '/metrics', '/v1/api-keys/nobody']) {
      const text = JSON.stringify((await app.call(path)).body);
      for (const { secret } of [key, other]) expect([path, text.includes(secret.slice(7, 37))]).toEqual([path, false]);
      expect(text).not.toContain(replaced.secret!.slice(7, 37));
      expect(text).not.toContain('digest');
    }
    await app.call('/v1/introspect', { body: { token: key.secret } });
    const kept = await allThatIsStored(app) + written();
    for (const secret of [key.secret, other.secret, replaced.secret!]) expect(kept).not.toContain(secret.slice(7, 37));
  });

  it('are not made without a workspace, an owner and a future', async () => {
    const owner_id = await registry.owner();
    const make = (fields: Record<string, unknown>) => app.call('/v1/api-keys', { body: { workspace: 'default', service: 'x', owner_id, ...fields } });
    expect(await make({ workspace: 'nowhere' })).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await make({ owner_id: 'own_0' })).toMatchObject({ status: 400, body: { code: 'unknown_owner' } });
    expect(await make({ expires_at: '2020-01-01T00:00:00Z' })).toMatchObject({ status: 400, body: { code: 'expiry_in_the_past' } });
    expect(await make({ expires_at: '9999-12-31T23:59:59-01:00' })).toMatchObject({ status: 400, body: { code: 'expiry_too_far' } });
    for (const fields of [
      { service: 'Not A Slug' }, { service: undefined }, { scopes: ['a b'] }, { scopes: 'orders' }, { scopes: Array(101).fill('a') }, { name: '' },
      { name: 'a\u0000' }, { name: 'x'.repeat(121) }, { expires_at: 'tomorrow' }, { expires_at: '2030-01-01' }, { expires_at: 1 }, { workspace: ' ' },
    ]) {
      expect([fields, await make(fields)]).toEqual([fields, expect.objectContaining({ status: 400, body: expect.objectContaining({ code: 'invalid_request' }) })]);
    }
    await databaseOf(app).updateTable('owners').set({ status: 'left' }).where('owner_id', '=', owner_id).execute();
    expect(await make({})).toMatchObject({ status: 400, body: { code: 'unknown_owner' } });
  });

  it('keep their workspace, service, digest and history whatever a body says', async () => {
    const key = await registry.key();
    const owner_id = key.owner.owner_id;
    for (const field of ['key_id', 'created_by', 'digest', 'secret', 'state']) {
      const answer = await app.call('/v1/api-keys', { body: { workspace: 'default', service: 'payments', owner_id, [field]: 'x' } });
      expect([field, answer.status]).toEqual([field, 400]);
    }
    expect(key).toMatchObject({ key_id: expect.stringMatching(/^key_[0-9a-f]{32}$/), created_by: 'token:tok_administrator', state: 'active' });
    for (const field of ['workspace', 'workspace_id', 'service', 'digest', 'state', 'revoked_at', 'secret', 'kind', 'version', 'replaced_by']) {
      const answer = await app.call(`/v1/api-keys/${key.key_id}`, { method: 'PATCH', body: { name: 'y', [field]: 'x' } });
      expect([field, answer.status]).toEqual([field, 400]);
    }
    expect((await app.call<ApiKey>(`/v1/api-keys/${key.key_id}`)).body.name).toBe(key.name);
  });

  it('change in name, owner, scopes and end, and the audit trail has before and after', async () => {
    const key = await registry.key({ scopes: ['a'] });
    const owner_id = await registry.owner('New owner');
    const expires_at = in1Hour();
    const patch = { name: 'renamed', owner_id, scopes: ['b', 'c'], expires_at };
    const changed = await app.call<ApiKey>(`/v1/api-keys/${key.key_id}`, { method: 'PATCH', body: patch });
    expect(changed).toMatchObject({ status: 200, body: { name: 'renamed', owner: { owner_id, name: 'New owner' }, scopes: ['b', 'c'], expires_at, state: 'active' } });
    const [entry] = await entriesOf(key.key_id);
    expect(entry).toMatchObject({ action: 'api_key.changed', detail: { before: { name: key.name, scopes: ['a'], expires_at: null }, after: patch } });
    const endless = await app.call<ApiKey>(`/v1/api-keys/${key.key_id}`, { method: 'PATCH', body: { expires_at: null } });
    expect(endless.body.expires_at).toBeNull();
  });

  it('are not changed by nothing, by an unknown owner or into the past', async () => {
    const { key_id } = await registry.key();
    const patch = (body: unknown) => app.call(`/v1/api-keys/${key_id}`, { method: 'PATCH', body });
    expect((await patch({})).status).toBe(400);
    expect((await patch([])).status).toBe(400);
    expect((await patch(null)).status).toBe(400);
    expect(await patch({ name: 'x', owner_id: 'own_0' })).toMatchObject({ status: 400, body: { code: 'unknown_owner' } });
    expect(await patch({ name: 'x', expires_at: '2020-01-01T00:00:00Z' })).toMatchObject({ status: 400, body: { code: 'expiry_in_the_past' } });
    expect((await app.call<ApiKey>(`/v1/api-keys/${key_id}`)).body.name).toBe('payments-production');
    expect(await entriesOf(key_id)).toHaveLength(1);
  });

  it('are revoked once and for good, with who and why', async () => {
    const { key_id } = await registry.key();
    const revoke = (reason: string) => app.call(`/v1/api-keys/${key_id}?reason=${encodeURIComponent(reason)}`, { method: 'DELETE' });
    expect(await revoke('leaked in a log')).toMatchObject({ status: 204, body: '' });
    const key = (await app.call<ApiKey>(`/v1/api-keys/${key_id}`)).body;
    expect(key).toMatchObject({ state: 'revoked', revoked_by: 'token:tok_administrator', revoke_reason: 'leaked in a log' });
    expect((await revoke('again')).status).toBe(204);
    expect((await app.call<ApiKey>(`/v1/api-keys/${key_id}`)).body).toEqual(key);
    expect((await entriesOf(key_id)).map(({ action, reason }) => [action, reason])).toEqual([['api_key.revoked', 'leaked in a log'], ['api_key.created', null]]);
    const patched = await app.call(`/v1/api-keys/${key_id}`, { method: 'PATCH', body: { name: 'alive' } });
    expect(patched).toMatchObject({ status: 409, body: { code: 'key_revoked' } });
  });

  it('are got, listed and revoked while the request logs cannot be asked when they were last used', async () => {
    const { key_id, owner } = await registry.key();
    const asked = jest.spyOn(clickhouseOf(app), 'select').mockRejectedValue(new Error('the log store is away'));
    try {
      const got = await app.call<ApiKey>(`/v1/api-keys/${key_id}`);
      expect([got.status, 'last_used_at' in got.body]).toEqual([200, false]);
      expect((await app.call<ApiKeyPage>(`/v1/api-keys?owner_id=${owner.owner_id}`)).body.data).toEqual([got.body]);
      expect((await app.call(`/v1/api-keys/${key_id}`, { method: 'DELETE' })).status).toBe(204);
      expect(asked).toHaveBeenCalled();
    } finally {
      asked.mockRestore();
    }
    expect((await app.call<ApiKey>(`/v1/api-keys/${key_id}`)).body).toMatchObject({ state: 'revoked', last_used_at: null });
  });

  it('are listed newest first, page by page, each once, also while new ones are made', async () => {
    const owner_id = await registry.owner();
    const made: string[] = [];
    for (let index = 0; index < 7; index += 1) made.unshift((await registry.key({ owner_id })).key_id);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: ApiKeyPage = (await app.call<ApiKeyPage>(`/v1/api-keys?owner_id=${owner_id}&limit=3${cursor === null ? '' : `&cursor=${cursor}`}`)).body;
      seen.push(...page.data.map(({ key_id }) => key_id));
      cursor = page.next_cursor;
      await registry.key({ owner_id });
    } while (cursor !== null);
    expect(seen).toEqual(made);
  });

  it('are found by workspace, owner and state', async () => {
    await registry.workspace('found');
    const owner_id = await registry.owner();
    const fields = { workspace: 'found', owner_id };
    const [active, expired, revoked, both] = [await registry.key(fields), await registry.key(fields), await registry.key(fields), await registry.key(fields)] as CreatedApiKey[];
    for (const { key_id } of [expired!, both!]) {
      await databaseOf(app).updateTable('credentials').set({ expires_at: new Date(Date.now() - 1) }).where('key_id', '=', key_id).execute();
    }
    for (const { key_id } of [revoked!, both!]) await app.call(`/v1/api-keys/${key_id}`, { method: 'DELETE' });
    const find = async (query: string) => (await app.call<ApiKeyPage>(`/v1/api-keys?workspace=found&${query}`)).body.data.map(({ key_id }) => key_id);
    expect(await find('state=active')).toEqual([active!.key_id]);
    expect(await find('state=expired')).toEqual([expired!.key_id]);
    expect(await find('state=revoked')).toEqual([both!.key_id, revoked!.key_id]);
    expect(await find(`owner_id=${owner_id}`)).toHaveLength(4);
    expect(await find('owner_id=own_0')).toEqual([]);
    expect((await app.call('/v1/api-keys?state=dead')).status).toBe(400);
    expect((await app.call('/v1/api-keys?workspace=nowhere')).body).toEqual({ data: [], next_cursor: null });
  });

  it('are 400 for a cursor that no listing of keys gave out', async () => {
    const owner_id = await registry.owner();
    for (let index = 0; index < 2; index += 1) await registry.key({ owner_id });
    const cursor = (await app.call<ApiKeyPage>(`/v1/api-keys?owner_id=${owner_id}&limit=1`)).body.next_cursor!;
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const bad = [
      `${cursor}A`, `${cursor}=`, `A${cursor}`, cursor.slice(0, -2), cursor.replace(/.$/, '!'), '!', 'null', encode(null), encode({}), encode(['key_0']),
      encode('key_\u0000'), encode("key_' OR 1=1--"), encode(`dl_${'0'.repeat(32)}`), encode({ __proto__: 1 }), 'x'.repeat(512),
    ];
    for (const one of bad) {
      const answer = await app.call(`/v1/api-keys?cursor=${encodeURIComponent(one)}`);
      expect([one, answer.status, answer.body['code']]).toEqual([one, 400, 'invalid_cursor']);
    }
    expect((await app.call(`/v1/api-keys?cursor=${'x'.repeat(513)}`)).status).toBe(400);
    for (const path of ['/v1/incidents', '/v1/findings', '/v1/dead-letters', '/v1/audit-entries', '/v1/request-logs']) {
      expect([path, (await app.call(`${path}?cursor=${cursor}`)).status]).toEqual([path, 400]);
    }
  });

  it('belong to owners and workspaces that are made once', async () => {
    const owner = { name: 'Once', kind: 'team', contact: '#once' };
    expect((await app.call('/v1/owners', { body: owner })).status).toBe(201);
    expect(await app.call('/v1/owners', { body: owner })).toMatchObject({ status: 409, body: { code: 'owner_exists' } });
    const workspace = { workspace_id: 'once', name: 'Once', environment: 'test' };
    expect((await app.call('/v1/workspaces', { body: workspace })).status).toBe(201);
    expect(await app.call('/v1/workspaces', { body: workspace })).toMatchObject({ status: 409, body: { code: 'workspace_exists' } });
  });
});
