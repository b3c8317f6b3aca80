import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { AccessToken, CreatedAccessToken, CreatedApiKey, IncidentPage, IntakeResult, RequestLogPage } from '@keytrail/contracts';
import { PolicyChecks } from '@keytrail/credentials';
import { newBearerKey } from '@keytrail/platform';
import { startTestApp, type TestApp } from '../support/app.js';
import { callFrom, registryOf, type TestRegistry } from '../support/registry.js';
import { databaseOf, nativeLine, ndjson } from '../support/request-lines.js';

const notFound = { status: 404, body: expect.objectContaining({ code: 'not_found' }) };

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

/** Two tenants: everything of `theirs` must be as if it were not there for whoever may act in `ours` only. */
describe('a caller of one workspace', () => {
  let registry: TestRegistry;
  let ourKey: CreatedApiKey;
  let theirKey: CreatedApiKey;
  let theirIncident: string;
  let admin: string;
  const secrets: string[] = [];

  beforeAll(async () => {
    registry = registryOf(app);
    await registry.workspace('ours');
    await registry.workspace('theirs');
    ourKey = await registry.key({ workspace: 'ours' });
    theirKey = await registry.key({ workspace: 'theirs', name: 'violates a policy' });
    const burst = Array.from({ length: 40 }, (_, index) => nativeLine({ request_id: `theirs-${index}`, key_id: theirKey.key_id, status: 403, address: '203.0.113.9' }));
    await app.call('/v1/request-logs?workspace=theirs', { body: ndjson([...burst, '{"no":"line"}']) });
    await app.detect();
    await app.standalone.app.get(PolicyChecks, { strict: false }).checkAll();
    expect((await app.call<{ data: object[] }>('/v1/policy-violations?workspace=theirs')).body.data.length).toBeGreaterThan(0);
    theirIncident = (await app.call<IncidentPage>(`/v1/incidents?key_id=${theirKey.key_id}`)).body.data[0]!.incident_id;
    admin = await registry.token('admin', ['ours']);
    secrets.push(theirKey.key_id, theirIncident, theirKey.fingerprint, theirKey.owner.name, 'theirs-1', 'theirs');
  });

  it('finds nothing there where another workspace has something', async () => {
    const key = `/v1/api-keys/${theirKey.key_id}`;
    const calls: [string, string, unknown?][] = [
      ['GET', key], ['PATCH', key, { name: 'mine' }], ['DELETE', key], ['GET', `${key}/activity`], ['GET', `${key}/activity?workspace=theirs`],
      ['POST', `${key}/revoke-and-replace`, { reason: 'mine now' }],
      ['GET', `/v1/incidents/${theirIncident}`], ['PATCH', `/v1/incidents/${theirIncident}`, { state: 'false_positive' }], ['GET', '/v1/request-logs/theirs-1'],
    ];
    for (const [method, path, body] of calls) {
      const answer = await app.call(path, { method, body, token: admin });
      expect([method, path, answer]).toEqual([method, path, expect.objectContaining(notFound)]);
      const nowhere = path.replace(theirKey.key_id, 'key_0').replace(theirIncident, 'inc_0').replace('theirs-1', 'nobody-1');
      const { body: unknown } = await app.call(nowhere, { method, body, token: admin });
      expect({ ...answer.body, request_id: '' }).toEqual({ ...unknown, request_id: '' });
    }
    expect((await app.call(key)).body).toMatchObject({ state: 'active', name: theirKey.name });
    expect((await app.call(`/v1/incidents/${theirIncident}`)).body).toMatchObject({ state: 'open' });
  });

  it('meets nothing of another workspace in any listing, whatever it filters by', async () => {
    const filters = [
      '', 'workspace=theirs', `key_id=${theirKey.key_id}`, `key_fingerprint=${theirKey.fingerprint}`, `owner_id=${theirKey.owner.owner_id}`,
      `object_id=${theirKey.key_id}`, 'request_id=theirs-1', 'address=203.0.113.9', 'rule_id=denied-burst', 'severity=high', 'last_n_minutes=60',
    ];
    for (const path of ['/v1/api-keys', '/v1/incidents', '/v1/findings', '/v1/policy-violations', '/v1/request-logs', '/v1/dead-letters', '/v1/audit-entries', '/v1/workspaces', '/v1/access-tokens']) {
      for (const filter of filters) {
        const { status, body } = await app.call(`${path}?${filter}`, { token: admin });
        // 400: no filter of this listing.
        expect([path, filter, status === 400 && filter !== '' ? body['code'] : status]).toEqual([path, filter, status === 400 ? 'invalid_request' : 200]);
        const text = JSON.stringify(body);
        for (const secret of secrets) expect([path, filter, text.includes(`"${secret}"`)]).toEqual([path, filter, false]);
        if (status === 400) continue;
        if (filter === 'workspace=theirs' && !/workspaces|access-tokens/.test(path)) expect(body['data']).toEqual([]);
      }
    }
  });

  it('sees owners of its own keys alone, and no metrics of the whole account', async () => {
    const ours = await app.call<{ data: { owner_id: string }[] }>('/v1/owners', { token: admin });
    expect(ours.body.data.map(({ owner_id }) => owner_id)).toEqual([ourKey.owner.owner_id]);
    const all = await app.call<{ data: { owner_id: string }[] }>('/v1/owners');
    expect(all.body.data.map(({ owner_id }) => owner_id)).toEqual(expect.arrayContaining([ourKey.owner.owner_id, theirKey.owner.owner_id]));
    expect(await app.call('/metrics', { token: admin })).toMatchObject({ status: 403, body: { code: 'account_wide_only' } });
  });

  it('does not get there with a cursor of somebody else', async () => {
    const theirs = await app.call<RequestLogPage>('/v1/request-logs?limit=5');
    const page = await app.call<RequestLogPage>(`/v1/request-logs?cursor=${theirs.body.next_cursor}`, { token: admin });
    expect(page).toMatchObject({ status: 200, body: { data: [] } });
  });

  it('cannot make a key, a workspace or a wider token', async () => {
    const owner_id = await registry.owner();
    expect(await app.call('/v1/api-keys', { body: { workspace: 'theirs', service: 'x', owner_id }, token: admin })).toMatchObject(notFound);
    expect((await app.call('/v1/workspaces', { body: { name: 'x', environment: 'test' }, token: admin })).status).toBe(403);
    for (const workspaces of [undefined, ['theirs'], ['ours', 'theirs'], ['*']]) {
      const answer = await app.call('/v1/access-tokens', { body: { name: 'wider', role: 'admin', workspaces }, token: admin });
      expect(answer).toMatchObject({ status: 403, body: { code: 'scope_too_wide' } });
    }
    expect((await app.call('/v1/access-tokens', { body: { name: 'narrow', role: 'viewer', workspaces: ['ours'] }, token: admin })).status).toBe(201);
  });

  it('neither sees nor revokes tokens that reach further', async () => {
    await registry.token('viewer', ['theirs']);
    const all = (await app.call<{ data: AccessToken[] }>('/v1/access-tokens')).body.data;
    const wider = all.filter(({ workspaces }) => workspaces === null || workspaces.includes('theirs'));
    const seen = (await app.call<{ data: AccessToken[] }>('/v1/access-tokens', { token: admin })).body.data;
    expect(seen.map(({ workspaces }) => workspaces)).toEqual(seen.map(() => ['ours']));
    for (const { token_id } of wider) expect(await app.call(`/v1/access-tokens/${token_id}`, { method: 'DELETE', token: admin })).toMatchObject(notFound);
    expect((await app.call('/v1/rules')).status).toBe(200);
  });

  it('cannot write request logs there, and its lines tell it nothing about keys there', async () => {
    const token = await registry.token('ingest', ['ours']);
    expect(await app.call('/v1/request-logs?workspace=theirs', { body: nativeLine(), token })).toMatchObject(notFound);
    const lines = [nativeLine({ workspace: 'theirs' }), nativeLine({ key_id: undefined, key: theirKey.secret }), nativeLine({ key_id: theirKey.key_id }), nativeLine({ request_id: 'good' })];
    const intake = await app.call<IntakeResult>('/v1/request-logs', { body: ndjson(lines), token });
    expect(intake.body).toMatchObject({ stored: 1, dead_lettered: 3 });
    expect(JSON.stringify(intake.body)).not.toMatch(/key_0|fp_/);
    expect((await app.call<RequestLogPage>('/v1/request-logs?workspace=theirs')).body.data).toHaveLength(40);
  });

  it('learns nothing of a key there by naming it in lines of its own', async () => {
    const forged = Array.from({ length: 40 }, () => nativeLine({ workspace: 'ours', key_id: theirKey.key_id, status: 403, address: '198.51.100.7' }));
    await app.call('/v1/request-logs', { body: ndjson(forged), token: await registry.token('ingest', ['ours']) });
    await app.detect();
    const { body } = await app.call<IncidentPage>(`/v1/incidents?key_id=${theirKey.key_id}`, { token: admin });
    expect(body.data.length).toBeGreaterThan(0);
    for (const { incident_id } of body.data) {
      const incident = JSON.stringify((await app.call(`/v1/incidents/${incident_id}`, { token: admin })).body);
      expect(incident).not.toContain(theirKey.owner.name);
      expect(incident).not.toContain(theirKey.fingerprint);
      expect(incident).not.toContain(theirIncident);
    }
    expect((await app.call<{ findings: number }>(`/v1/incidents/${theirIncident}`)).body.findings).toBe(1);
  });

  it('reads what is its own', async () => {
    expect((await app.call(`/v1/api-keys/${ourKey.key_id}`, { token: admin })).body).toMatchObject({ key_id: ourKey.key_id });
    const { body } = await app.call<{ data: { object_id: string }[] }>('/v1/audit-entries', { token: admin });
    expect(body.data.map(({ object_id }) => object_id)).toContain(ourKey.key_id);
  });

  it('is refused from the very next call once its token is revoked', async () => {
    const { token, token_id } = (await app.call<CreatedAccessToken>('/v1/access-tokens', { body: { name: 'short', role: 'viewer' } })).body;
    expect((await callFrom(app, '10.1.0.1', '/v1/rules', { token })).status).toBe(200);
    expect((await app.call(`/v1/access-tokens/${token_id}`, { method: 'DELETE' })).status).toBe(204);
    expect(await callFrom(app, '10.1.0.1', '/v1/rules', { token })).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect((await app.call(`/v1/access-tokens/${token_id}`, { method: 'DELETE' })).status).toBe(204);
  });

  it('is refused once its token has expired, and cannot get one that has', async () => {
    const body = { name: 'short', role: 'viewer', expires_at: new Date(Date.now() + 60_000).toISOString() };
    const { token, token_id } = (await app.call<CreatedAccessToken>('/v1/access-tokens', { body })).body;
    expect((await callFrom(app, '10.1.0.2', '/v1/rules', { token })).status).toBe(200);
    await databaseOf(app).updateTable('access_tokens').set({ expires_at: new Date(Date.now() - 1) }).where('token_id', '=', token_id).execute();
    expect((await callFrom(app, '10.1.0.2', '/v1/rules', { token })).status).toBe(401);
    const past = await app.call('/v1/access-tokens', { body: { ...body, expires_at: '2020-01-01T00:00:00Z' } });
    expect(past).toMatchObject({ status: 400, body: { code: 'expiry_in_the_past' } });
  });
});

describe('an access token', () => {
  it('cannot outlive the year 9999, nor be for a workspace that does not exist', async () => {
    const make = (fields: Record<string, unknown>) => app.call('/v1/access-tokens', { body: { name: 'x', role: 'viewer', ...fields } });
    expect(await make({ expires_at: '9999-12-31T23:59:59-14:00' })).toMatchObject({ status: 400, body: { code: 'expiry_too_far' } });
    expect(await make({ expires_at: '9999-12-31T23:59:59Z' })).toMatchObject({ status: 201, body: { expires_at: '9999-12-31T23:59:59.000Z' } });
    for (const workspaces of [['nowhere'], ['default', 'nowhere'], ['*']]) {
      expect(await make({ workspaces })).toMatchObject({ status: 400, body: { code: 'unknown_workspace', errors: [{ field: `workspaces.${workspaces.length - 1}` }] } });
    }
    expect((await make({ workspaces: ['default'] })).status).toBe(201);
  });
});

describe('failed authentication', () => {
  it('is limited for each address, says when to come back, and leaves valid tokens alone', async () => {
    const first = await Promise.all(Array.from({ length: 100 }, () => callFrom(app, '10.2.0.1', '/v1/rules', { token: 'guess' })));
    expect(first.filter(({ status }) => status === 401)).toHaveLength(30);
    expect(first.filter(({ status }) => status === 429)).toHaveLength(70);
    const limited = await callFrom(app, '10.2.0.1', '/v1/rules', { token: null });
    expect(limited).toMatchObject({ status: 429, body: { code: 'too_many_failures' } });
    expect(limited.headers.get('content-type')).toContain('application/problem+json');
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(Number(limited.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect((await callFrom(app, '10.2.0.2', '/v1/rules')).status).toBe(200);
    expect((await callFrom(app, '10.2.0.1', '/health/live', { token: null })).status).toBe(200);
    const responder = await registryOf(app).token('responder');
    for (const token of [app.adminToken, responder]) expect((await callFrom(app, '10.2.0.1', '/v1/rules', { token })).status).toBe(200);
    const elsewhere = { token: 'guess', headers: { 'x-forwarded-for': '10.2.0.3', forwarded: 'for=10.2.0.3', 'x-real-ip': '10.2.0.3' } };
    expect((await callFrom(app, '10.2.0.1', '/v1/rules', elsewhere)).status).toBe(429);
  });

  it('does not count calls that are only forbidden or wrong', async () => {
    const token = await registryOf(app).token('viewer');
    for (let call = 0; call < 40; call += 1) await callFrom(app, '10.2.0.4', '/v1/audit-entries', { token });
    expect((await callFrom(app, '10.2.0.4', '/v1/rules', { token })).status).toBe(200);
  });

  it('asks the database for nothing that cannot be a token, but who the administrator is', async () => {
    const asked = jest.spyOn(databaseOf(app), 'selectFrom');
    try {
      const guesses = ['guess', 'x'.repeat(8_000), `kt_access_${'0'.repeat(36)}`, newBearerKey('api')];
      for (const token of guesses) for (let call = 0; call < 25; call += 1) await callFrom(app, '10.2.0.6', '/v1/rules', { token });
      expect(asked.mock.calls.length).toBeLessThan(20);
    } finally {
      asked.mockRestore();
    }
    expect((await callFrom(app, '10.2.0.6', '/v1/rules')).status).toBe(200);
  });

  it('is counted in the metrics', async () => {
    await callFrom(app, '10.2.0.5', '/v1/rules', { token: 'guess' });
    expect(String((await app.call('/metrics')).body)).toMatch(/keytrail_authentication_failures_total [1-9]/);
  });
});
