import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import type { ApiKey, ApiKeyPage, AuditPage, CreatedApiKey, Incident, IncidentPage, Introspection, Problem, Replacement } from '@keytrail/contracts';
import { startTestApp, type Answer, type TestApp } from '../support/app.js';
import { describeOnPostgresServer } from '../support/postgres-forms.js';
import { registryOf, type TestRegistry } from '../support/registry.js';
import { databaseOf, nativeLine, ndjson, newName } from '../support/request-lines.js';

let app: TestApp;
let registry: TestRegistry;

type Outcome = Answer<Replacement & Problem>;
const replace = (keyId: string, options: { key?: string; token?: string; body?: object } = {}): Promise<Outcome> =>
  app.call(`/v1/api-keys/${keyId}/revoke-and-replace`, {
    body: { reason: 'stolen laptop', ...options.body }, ...(options.token && { token: options.token }), ...(options.key && { headers: { 'idempotency-key': options.key } }),
  });
const keyOf = async (id: string) => (await app.call<ApiKey>(`/v1/api-keys/${id}`)).body;
const entriesOf = async (id: string) => (await app.call<AuditPage>(`/v1/audit-entries?object_id=${id}`)).body.data;
const isActive = async (token: string) => (await app.call<Introspection>('/v1/introspect', { body: { token } })).body.active;
const successorsOf = async (key: CreatedApiKey) =>
  (await app.call<ApiKeyPage>(`/v1/api-keys?owner_id=${key.owner.owner_id}`)).body.data.filter(({ replaces }) => replaces === key.key_id);

async function incidentAbout(key: CreatedApiKey): Promise<string> {
  const lines = Array.from({ length: 40 }, () => nativeLine({ workspace: key.workspace_id, key_id: key.key_id, status: 403, address: '203.0.113.9' }));
  await app.call('/v1/request-logs', { body: ndjson(lines) });
  await app.detect();
  return (await app.call<IncidentPage>(`/v1/incidents?key_id=${key.key_id}`)).body.data[0]!.incident_id;
}

/** The guarantees that must hold on either form of Postgres; the server alone runs calls truly side by side. */
function guarantees(): void {
  it('carries over workspace, owner, scopes and length of life; the old key dies at once', async () => {
    const key = await registry.key({ scopes: ['orders:read'], expires_at: new Date(Date.now() + 3_600_000).toISOString() });
    const { status, body } = await replace(key.key_id);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      replayed: false, revoked: { key_id: key.key_id, state: 'revoked', revoke_reason: 'stolen laptop', replaced_by: body.replacement.key_id },
      replacement: { replaces: key.key_id, scopes: ['orders:read'], owner: key.owner, name: key.name, workspace_id: key.workspace_id, service: key.service },
    });
    expect(body.replacement.rotated_at).toBe(body.revoked!.revoked_at);
    expect([key.rotated_at, body.revoked!.rotated_at]).toEqual([null, null]);
    expect(Date.parse(body.replacement.expires_at!) - Date.parse(key.expires_at!)).toBeGreaterThanOrEqual(0);
    expect([await isActive(key.secret), await isActive(body.secret!)]).toEqual([false, true]);
  });

  it('answers a repeated call with the same successor and without the secret', async () => {
    const key = await registry.key();
    const call = { key: newName('idem') };
    const first = await replace(key.key_id, call);
    for (let again = 0; again < 3; again += 1) {
      expect((await replace(key.key_id, call)).body).toEqual({ ...first.body, secret: null, replayed: true });
    }
    expect(await successorsOf(key)).toHaveLength(1);
    expect(await entriesOf(key.key_id)).toHaveLength(2);
  });

  it('makes one successor for ten calls at once under one Idempotency-Key, and tells its secret once', async () => {
    for (let round = 0; round < 3; round += 1) {
      const key = await registry.key();
      const call = { key: newName('idem') };
      const answers = await Promise.all(Array.from({ length: 10 }, () => replace(key.key_id, call)));
      expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
      expect(new Set(answers.map(({ body }) => body.replacement.key_id)).size).toBe(1);
      expect(answers.filter(({ body }) => body.secret !== null)).toHaveLength(1);
      expect(answers.filter(({ body }) => body.replayed)).toHaveLength(9);
      expect(await successorsOf(key)).toHaveLength(1);
    }
  });

  it('lets one of two responders through, and tells the other who was faster', async () => {
    for (let round = 0; round < 5; round += 1) {
      const key = await registry.key();
      const tokens = [await registry.token('responder'), await registry.token('responder')];
      const answers = await Promise.all(tokens.map((token) => replace(key.key_id, { token })));
      const [won, lost] = answers.sort((a, b) => a.status - b.status);
      expect([won!.status, lost!.status]).toEqual([200, 409]);
      expect(lost!.body).toMatchObject({ code: 'key_revoked', detail: expect.stringContaining(won!.body.replacement.key_id) });
      expect(await successorsOf(key)).toHaveLength(1);
    }
  });

  it('does not let a change of the key slip in between', async () => {
    const key = await registry.key({ scopes: ['a'] });
    const [patched, replaced] = await Promise.all([
      app.call<ApiKey>(`/v1/api-keys/${key.key_id}`, { method: 'PATCH', body: { scopes: ['b'] } }), replace(key.key_id),
    ]);
    expect(replaced.body.replacement.scopes).toEqual(patched.status === 200 ? ['b'] : ['a']);
    expect([200, 409]).toContain(patched.status);
  });

  it('refuses an Idempotency-Key that stood for another request, and changes nothing then', async () => {
    const [key, other] = [await registry.key(), await registry.key()];
    const call = { key: newName('idem') };
    await replace(key.key_id, call);
    for (const answer of [await replace(other.key_id, call), await replace(key.key_id, { ...call, body: { reason: 'something else' } })]) {
      expect(answer).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    }
    expect((await keyOf(other.key_id)).state).toBe('active');
  });

  it('undoes all of it when the incident is of another workspace or of none', async () => {
    const key = await registry.key();
    const theirs = await registry.key({ workspace: await registry.workspace(newName('ws')) });
    const call = { key: newName('idem') };
    for (const incident_id of [await incidentAbout(theirs), 'inc_0']) {
      expect(await replace(key.key_id, { ...call, body: { incident_id } })).toMatchObject({ status: 404, body: { code: 'not_found' } });
      expect(await keyOf(key.key_id)).toMatchObject({ state: 'active', replaced_by: null });
      expect(await isActive(key.secret)).toBe(true);
      expect((await entriesOf(key.key_id)).map(({ action }) => action)).toEqual(['api_key.created']);
      expect(await successorsOf(key)).toEqual([]);
    }
    expect((await replace(key.key_id, call)).status).toBe(200);
  });
}

describe('revoke-and-replace', () => {
  beforeAll(async () => {
    app = await startTestApp();
    registry = registryOf(app);
  });
  afterAll(() => app.stop());

  guarantees();

  it('keeps Idempotency-Keys of different callers apart', async () => {
    const key = await registry.key();
    const call = { key: 'same-for-both' };
    expect((await replace(key.key_id, { ...call, token: await registry.token('responder') })).status).toBe(200);
    expect((await replace(key.key_id, { ...call, token: await registry.token('responder') })).status).toBe(409);
  });

  it('takes only an Idempotency-Key that can be kept', async () => {
    const { key_id } = await registry.key();
    for (const bad of [' ', 'a b', 'ä', 'x'.repeat(201)]) {
      const answer = await app.call(`/v1/api-keys/${key_id}/revoke-and-replace`, { body: { reason: 'x' }, headers: { 'idempotency-key': bad } });
      expect([bad, answer.status]).toEqual([bad, 400]);
    }
    expect((await keyOf(key_id)).state).toBe('active');
  });

  it('needs a reason', async () => {
    const { key_id } = await registry.key();
    for (const reason of [undefined, '', 'x'.repeat(1001), 'a\u0000']) expect((await replace(key_id, { body: { reason } })).status).toBe(400);
  });

  it('writes down who did it, from where, why and for which incident', async () => {
    const key = await registry.key();
    const incident_id = await incidentAbout(key);
    const token = await registry.token('responder');
    const answer = await replace(key.key_id, { token, body: { incident_id, reason: 'seen on a paste site' } });
    const by = {
      actor: answer.body.replacement.created_by, actor_address: '127.0.0.1', request_id: answer.headers.get('x-request-id'), workspace_id: 'default',
      reason: 'seen on a paste site',
    };
    expect((await entriesOf(key.key_id))[0]).toMatchObject({ ...by, action: 'api_key.revoked', detail: { replaced_by: answer.body.replacement.key_id, incident_id } });
    expect((await entriesOf(answer.body.replacement.key_id))[0]).toMatchObject({ ...by, action: 'api_key.created', detail: { replaces: key.key_id } });
    expect(by.actor).toMatch(/^token:tok_[0-9a-f]{32}$/);
    const incident = (await app.call<Incident>(`/v1/incidents/${incident_id}`)).body;
    expect(incident).toMatchObject({ state: 'contained' });
    expect(incident.timeline).toContainEqual(expect.objectContaining({ kind: 'action', actor: by.actor, text: expect.stringContaining('seen on a paste site') }));
  });

  it('replaces an expired key, and one that was meant to live for ever', async () => {
    const expired = await registry.key();
    await databaseOf(app).updateTable('credentials').set({ expires_at: new Date(Date.now() - 1) }).where('key_id', '=', expired.key_id).execute();
    expect((await replace(expired.key_id)).status).toBe(200);
    const far = await registry.key({ expires_at: '9999-12-31T23:59:59Z' });
    expect((await replace(far.key_id)).body.replacement.expires_at).toMatch(/^9999-12-31T23:59:59/);
  });

  it('does not play an answer again to a caller who has lost the workspace', async () => {
    const workspace = await registry.workspace(newName('ws'));
    const key = await registry.key({ workspace });
    const token = await registry.token('responder', [workspace]);
    await replace(key.key_id, { key: 'once', token });
    await databaseOf(app).updateTable('access_tokens').set({ workspaces: JSON.stringify(['default']) }).where('workspaces', '@>', JSON.stringify([workspace]) as never).execute();
    expect((await replace(key.key_id, { key: 'once', token })).status).toBe(404);
  });

  it('leaves entries that the database itself refuses to change or delete', async () => {
    const database = databaseOf(app);
    const before = await sql<{ n: number }>`SELECT count(*)::int AS n FROM audit_entries`.execute(database);
    expect(before.rows[0]!.n).toBeGreaterThan(0);
    for (const statement of [sql`UPDATE audit_entries SET actor = 'nobody'`, sql`DELETE FROM audit_entries`, sql`TRUNCATE audit_entries CASCADE`]) {
      await expect(statement.execute(database)).rejects.toThrow('append-only');
    }
    expect((await sql<{ n: number }>`SELECT count(*)::int AS n FROM audit_entries WHERE actor <> 'nobody'`.execute(database)).rows).toEqual(before.rows);
  });
});

describeOnPostgresServer('revoke-and-replace on a Postgres server', (env) => {
  beforeAll(async () => {
    app = await startTestApp(await env());
    registry = registryOf(app);
  });
  afterAll(() => app.stop());
  guarantees();
});
