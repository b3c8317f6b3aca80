import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { SignJWT, importJWK, importPKCS8, jwtVerify } from 'jose';
import type { AuditPage, Introspection, Problem, RequestLogPage, Role, VerificationJwks } from '@keytrail/contracts';
import { WorkspaceSecrets } from '@keytrail/credentials';
import { startTestApp, type Answer, type TestApp } from '../support/app.js';
import { captureOutput } from '../support/capture-output.js';
import { issueKey, keyKinds, newKeyBody, type IssuedKey, type KindUnderTest } from '../support/key-kinds.js';
import { describeOnPostgresServer } from '../support/postgres-forms.js';
import { registryOf, type TestRegistry } from '../support/registry.js';
import { allThatIsStored, nativeLine, newName } from '../support/request-lines.js';

const DAY_MS = 86_400_000;

let app: TestApp;
let registry: TestRegistry;

type Rotated = Pick<IssuedKey, 'secret' | 'private_key_pem' | 'private_key_pem_base64' | 'replayed'> & { revoked: IssuedKey; replacement: IssuedKey };
type Refusable<T> = Answer<T & Problem>;

const make = (kind: KindUnderTest, fields: object = {}, token?: string, idempotencyKey?: string): Promise<Refusable<IssuedKey>> => registry.owner().then((owner_id) =>
  app.call(kind.path, { body: newKeyBody(kind, owner_id, fields), ...(token && { token }), ...(idempotencyKey && { headers: { 'idempotency-key': idempotencyKey } }) }));
const issue = (kind: KindUnderTest, fields: Record<string, unknown> = {}) => issueKey(app, registry, kind, fields);
const rotate = (kind: KindUnderTest, keyId: string, options: { token?: string; key?: string; reason?: string } = {}): Promise<Refusable<Rotated>> =>
  app.call(`${kind.path}/${keyId}/rotate`, {
    body: { reason: options.reason ?? 'drill' }, ...(options.token && { token: options.token }), ...(options.key && { headers: { 'idempotency-key': options.key } }),
  });
const revoke = (kind: KindUnderTest, keyId: string, token?: string) => app.call(`${kind.path}/${keyId}?reason=leaked`, { method: 'DELETE', ...(token && { token }) });
const get = (kind: KindUnderTest, keyId: string, token?: string): Promise<Refusable<IssuedKey>> => app.call(`${kind.path}/${keyId}`, { ...(token && { token }) });
const change = (kind: KindUnderTest, keyId: string, body: object, token?: string): Promise<Refusable<IssuedKey>> =>
  app.call(`${kind.path}/${keyId}`, { method: 'PATCH', body, ...(token && { token }) });
const entriesOf = async (id: string) => (await app.call<AuditPage>(`/v1/audit-entries?object_id=${id}`)).body.data;
const introspect = async (token: string, need: object = {}) => (await app.call<Introspection>('/v1/introspect', { body: { token, ...need } })).body;

/** Everything of an answer that must be found nowhere else: its random part, as long as it is. */
const secretsIn = (answer: object): string[] => ['secret', 'private_key_pem', 'private_key_pem_base64'].flatMap((member) => {
  const value = (answer as Record<string, unknown>)[member];
  return typeof value === 'string' ? [value, ...(member === 'private_key_pem' ? value.split('\n').slice(1, -2) : []), ...(member === 'secret' ? [value.slice(7, 37)] : [])] : [];
});

/** kind x operation, on either form of Postgres. */
function table(): void {
  describe.each(keyKinds)('$kind', (kind) => {
    it('is created, got and listed, with everything but what is shown once', async () => {
      const { status, body } = await make(kind, { name: 'pay-eu' });
      expect(status).toBe(201);
      expect(body).toMatchObject({
        kind: kind.kind, name: 'pay-eu', service: 'payments', environment: 'production', state: 'active', workspace_id: kind.accountWide ? null : 'default',
        scopes: kind.takesScopes ? ['orders:read'] : [], replaces: null, replaced_by: null, rotated_at: null, expires_at: null, replayed: false,
        rotation_due_at: expect.any(String), created_by: 'token:tok_administrator',
      });
      for (const member of kind.once) expect(body[member]).toEqual(expect.any(String));
      const { replayed, ...shown } = Object.fromEntries(Object.entries(body).filter(([member]) => !kind.once.includes(member as keyof IssuedKey)));
      const got = await get(kind, body.key_id);
      expect(got).toMatchObject({ status: 200 });
      expect(got.body).toEqual({ ...shown, last_used_at: null });
      const listed = await app.call<{ data: IssuedKey[] }>(`${kind.path}?owner_id=${body.owner.owner_id}`);
      expect(listed.body.data).toEqual([got.body]);
    });

    it('is asked for its owner, its service and its place, and is due for rotation by policy at the latest', async () => {
      const owner_id = await registry.owner();
      const asked = (fields: object) => app.call<Problem>(kind.path, { body: newKeyBody(kind, owner_id, fields) });
      const place = kind.accountWide ? 'environment' : 'workspace';
      for (const fields of [{ owner_id: undefined }, { service: undefined }, { [place]: undefined }, { rotation_due_at: 'soon' }, { secret: 'mine' }, { key_id: 'mine' }, { kind: 'user' }]) {
        expect([fields, await asked(fields)]).toEqual([fields, expect.objectContaining({ status: 400, body: expect.objectContaining({ code: 'invalid_request' }) })]);
      }
      expect(await asked({ owner_id: 'own_0' })).toMatchObject({ status: 400, body: { code: 'unknown_owner' } });
      expect(await asked({ rotation_due_at: new Date(Date.now() + 400 * DAY_MS).toISOString() })).toMatchObject({ status: 400, body: { code: 'rotation_due_too_late' } });
      expect(await asked({ rotation_due_at: new Date(Date.now() - DAY_MS).toISOString() })).toMatchObject({ status: 400, body: { code: 'rotation_due_in_the_past' } });
      const rotation_due_at = new Date(Date.now() + 7 * DAY_MS).toISOString();
      expect(await asked({ rotation_due_at, name: undefined })).toMatchObject({ status: 201, body: { rotation_due_at, name: 'payments-production' } });
      if (!kind.accountWide) {
        expect(await asked({ workspace: 'nowhere' })).toMatchObject({ status: 404 });
        expect(await asked({ environment: 'test' })).toMatchObject({ status: 400 });
      }
      if (!kind.takesScopes) expect(await asked({ scopes: [] })).toMatchObject({ status: 400 });
    });

    it('changes in name, owner, end and rotation date, with before and after in the audit trail', async () => {
      const { key_id, name } = await issue(kind);
      const owner_id = await registry.owner();
      const patch = {
        name: 'renamed', owner_id, expires_at: new Date(Date.now() + DAY_MS).toISOString(), rotation_due_at: new Date(Date.now() + 3 * DAY_MS).toISOString(),
        ...(kind.takesScopes && { scopes: ['other'] }),
      };
      const { owner_id: _, ...seen } = patch;
      expect(await change(kind, key_id, patch)).toMatchObject({ status: 200, body: { ...seen, owner: { owner_id } } });
      expect((await entriesOf(key_id))[0]).toMatchObject({ action: `${kind.kind}.changed`, object_type: kind.kind, detail: { before: { name }, after: patch } });
      for (const bad of [{}, { workspace: 'x' }, { environment: 'test' }, { kind: 'api_key' }, { public_id: 'x' }, { public_jwk: {} }, { secret: 'x' }]) {
        expect([bad, (await change(kind, key_id, bad)).status]).toEqual([bad, 400]);
      }
      expect(await change(kind, key_id, { owner_id: 'own_0' })).toMatchObject({ status: 400, body: { code: 'unknown_owner' } });
      const back = await change(kind, key_id, { rotation_due_at: null, expires_at: null });
      expect(Date.parse(back.body.rotation_due_at)).toBeGreaterThan(Date.now() + 100 * DAY_MS);
      expect(back.body.expires_at).toBeNull();
    });

    it('is rotated: the successor takes over everything but the secret, and the old one is revoked by the same call', async () => {
      const key = await issue(kind, { name: 'turning', expires_at: new Date(Date.now() + DAY_MS).toISOString() });
      const { status, body } = await rotate(kind, key.key_id, { reason: 'half a year' });
      expect(status).toBe(200);
      const { key_id } = body.replacement;
      expect(body).toMatchObject({
        replayed: false, revoked: { key_id: key.key_id, state: 'revoked', replaced_by: key_id, revoke_reason: 'half a year' },
        replacement: {
          kind: kind.kind, state: 'active', replaces: key.key_id, name: 'turning', owner: key.owner, service: key.service, environment: key.environment,
          workspace_id: key.workspace_id, scopes: key.scopes, rotated_at: body.revoked.revoked_at,
        },
      });
      expect(Date.parse(body.replacement.expires_at!)).toBeGreaterThanOrEqual(Date.parse(key.expires_at!));
      expect(Date.parse(body.replacement.rotation_due_at)).toBeGreaterThanOrEqual(Date.parse(key.rotation_due_at));
      expect(body.replacement.fingerprint).not.toBe(key.fingerprint);
      for (const member of kind.once) expect([typeof body[member as 'secret'], body[member as 'secret'] === key[member]]).toEqual(['string', false]);
      expect((await get(kind, key.key_id)).body).toMatchObject({ state: 'revoked', replaced_by: key_id });
      expect((await get(kind, key_id)).body).toMatchObject({ state: 'active', replaces: key.key_id });
      expect((await entriesOf(key_id))[0]).toMatchObject({ action: `${kind.kind}.created`, reason: 'half a year', detail: { replaces: key.key_id } });
      expect((await entriesOf(key.key_id))[0]).toMatchObject({ action: `${kind.kind}.revoked`, reason: 'half a year', detail: { replaced_by: key_id } });
    });

    it('is revoked once and for good', async () => {
      const { key_id } = await issue(kind);
      expect((await revoke(kind, key_id)).status).toBe(204);
      const revoked = (await get(kind, key_id)).body;
      expect(revoked).toMatchObject({ state: 'revoked', revoke_reason: 'leaked', revoked_by: 'token:tok_administrator' });
      expect((await revoke(kind, key_id)).status).toBe(204);
      expect((await get(kind, key_id)).body).toEqual(revoked);
      expect((await entriesOf(key_id)).map(({ action }) => action)).toEqual([`${kind.kind}.revoked`, `${kind.kind}.created`]);
      expect(await change(kind, key_id, { name: 'alive' })).toMatchObject({ status: 409, body: { code: 'key_revoked' } });
      expect(await rotate(kind, key_id)).toMatchObject({ status: 409, body: { code: 'key_revoked' } });
    });

    it('is neither there nor listed under the path of another kind, nor under an id that nobody has', async () => {
      const { key_id, owner } = await issue(kind);
      for (const other of keyKinds) {
        const { data } = (await app.call<{ data: IssuedKey[] }>(`${other.path}?owner_id=${owner.owner_id}`)).body;
        expect([other.path, data.map((key) => key.key_id)]).toEqual([other.path, other === kind ? [key_id] : []]);
        const id = other === kind ? 'key_0' : key_id;
        for (const answer of [await get(other, id), await change(other, id, { name: 'x' }), await revoke(other, id), await rotate(other, id)]) {
          expect([other.path, answer.status, answer.body]).toEqual([other.path, 404, expect.objectContaining({ code: 'not_found' })]);
        }
      }
      expect((await get(kind, key_id)).body.state).toBe('active');
    });

    it('is made once under an Idempotency-Key, and shows no secret a second time', async () => {
      const owner_id = await registry.owner();
      const idempotency = { 'idempotency-key': newName('idem') };
      const post = (fields: object = {}): Promise<Refusable<IssuedKey>> => app.call(kind.path, { body: newKeyBody(kind, owner_id, fields), headers: idempotency });
      const answers = await Promise.all(Array.from({ length: 5 }, () => post()));
      expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(201));
      expect(new Set(answers.map(({ body }) => body.key_id)).size).toBe(1);
      expect(answers.filter(({ body }) => !body.replayed)).toHaveLength(1);
      for (const { body } of answers) for (const member of kind.once) expect(body[member] === null).toBe(body.replayed);
      expect((await app.call<{ data: unknown[] }>(`${kind.path}?owner_id=${owner_id}`)).body.data).toHaveLength(1);
      expect(await post({ service: 'other' })).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    });

    it('has one successor however many rotate it at once, and one call knows its secret', async () => {
      const { key_id, owner } = await issue(kind);
      const key = newName('idem');
      const same = await Promise.all(Array.from({ length: 4 }, () => rotate(kind, key_id, { key })));
      expect(same.map(({ status }) => status)).toEqual(Array(4).fill(200));
      expect(new Set(same.map(({ body }) => body.replacement.key_id)).size).toBe(1);
      for (const { body } of same) for (const member of kind.once) expect(body[member as 'secret'] === null).toBe(body.replayed);
      expect(same.filter(({ body }) => body.replayed)).toHaveLength(3);
      const next = same[0]!.body.replacement.key_id;
      const racing = await Promise.all(Array.from({ length: 4 }, () => rotate(kind, next)));
      expect(racing.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
      const { data } = (await app.call<{ data: IssuedKey[] }>(`${kind.path}?owner_id=${owner.owner_id}`)).body;
      expect(data.map(({ state }) => state)).toEqual(['active', 'revoked', 'revoked']);
    });

    it('goes to nobody who has left, and stays with them until somebody takes it over', async () => {
      const { key_id, owner } = await issue(kind);
      expect((await app.call(`/v1/owners/${owner.owner_id}`, { method: 'PATCH', body: { status: 'left' } })).status).toBe(200);
      expect(await app.call(kind.path, { body: newKeyBody(kind, owner.owner_id) })).toMatchObject({ status: 400, body: { code: 'unknown_owner' } });
      expect(await change(kind, (await issue(kind)).key_id, { owner_id: owner.owner_id })).toMatchObject({ status: 400, body: { code: 'unknown_owner' } });
      expect(await rotate(kind, key_id)).toMatchObject({ status: 409, body: { code: 'owner_left' } });
      expect((await get(kind, key_id)).body).toMatchObject({ state: 'active', replaced_by: null });
      expect((await change(kind, key_id, { owner_id: await registry.owner() })).status).toBe(200);
      expect((await rotate(kind, key_id)).status).toBe(200);
    });

    it('is for the roles that the documentation names, and for nobody of another workspace', async () => {
      const elsewhere = await registry.workspace(newName('ws'));
      const may: Record<string, readonly Role[]> = {
        create: ['admin'], rotate: ['admin'], change: ['admin'], revoke: ['admin', 'responder'], get: ['admin', 'responder', 'viewer'], list: ['admin', 'responder', 'viewer'],
      };
      const calls = (key_id: string, token: string): Record<string, () => Promise<Answer>> => ({
        create: () => make(kind, {}, token) as Promise<Answer>, get: () => get(kind, key_id, token) as Promise<Answer>,
        change: () => change(kind, key_id, { name: 'x' }, token) as Promise<Answer>, rotate: () => rotate(kind, key_id, { token }) as Promise<Answer>,
        revoke: () => revoke(kind, key_id, token), list: () => app.call(kind.path, { token }),
      });
      for (const role of ['viewer', 'responder', 'admin', 'ingest', 'gateway'] as const) {
        const [everywhere, there] = [await registry.token(role), await registry.token(role, [elsewhere])];
        for (const operation of ['create', 'list', 'get', 'change', 'rotate', 'revoke']) {
          const { key_id } = await issue(kind);
          const allowed = may[operation]!.includes(role);
          const { status } = await calls(key_id, everywhere)[operation]!();
          expect([role, operation, status]).toEqual([role, operation, allowed ? expect.any(Number) : 403]);
          if (allowed) expect([role, operation, status < 300]).toEqual([role, operation, true]);
          const outside = await calls((await issue(kind)).key_id, there)[operation]!();
          const expected = !allowed || (operation === 'create' && kind.accountWide) ? 403 : operation === 'list' ? 200 : 404;
          expect([role, operation, 'elsewhere', outside.status]).toEqual([role, operation, 'elsewhere', expected]);
          if (operation === 'list' && allowed) expect(outside.body['data']).toEqual([]);
        }
      }
    });
  });
}

describe('keys of every kind', () => {
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

  table();

  it.each(keyKinds)('keep nothing secret of one anywhere ($kind): no answer, no entry, no log line, no table', async (kind) => {
    const key = newName('idem');
    const issued = (await make(kind, {}, undefined, newName('idem'))).body;
    const rotated = (await rotate(kind, issued.key_id, { key })).body;
    const secrets = [...secretsIn(issued), ...secretsIn(rotated)];
    expect(secrets.length >= 2 * kind.once.length).toBe(true);
    for (const secret of secrets.slice(0, kind.once.length)) await introspect(secret.slice(0, 4096));
    await change(kind, rotated.replacement.key_id, { name: 'changed' });
    const paths = [
      kind.path, `${kind.path}/${issued.key_id}`, `${kind.path}/${rotated.replacement.key_id}`, '/v1/audit-entries?limit=1000', '/v1/workspaces', '/v1/owners', '/metrics',
      '/v1/workspaces/default/jwks.json', ...keyKinds.map(({ path }) => `${path}?limit=1000`),
    ];
    const answers = [...await Promise.all(paths.map(async (path) => JSON.stringify((await app.call(path)).body))), JSON.stringify((await rotate(kind, issued.key_id, { key })).body)];
    const kept = `${answers.join('\n')}\n${await allThatIsStored(app)}\n${written()}`;
    for (const [index, secret] of secrets.entries()) expect([index, kept.includes(secret), kept.includes(JSON.stringify(secret).slice(1, -1))]).toEqual([index, false, false]);
    expect(answers.join('')).not.toMatch(/digest|wrapped|pepper|"d":/);
  });

  it('are told by the registry\'s clock when they were last used, and by none when the logs name them nowhere', async () => {
    for (const kind of keyKinds) {
      const { key_id } = await issue(kind);
      const time = Date.now() - 60_000;
      await app.call('/v1/request-logs', { body: nativeLine({ key_id, time, workspace: 'default' }) });
      expect([kind.kind, (await get(kind, key_id)).body.last_used_at]).toEqual([kind.kind, new Date(time).toISOString()]);
    }
  });

  it('are known in request logs by what is sent of them, and their logs lie in the workspace where they were used', async () => {
    await registry.workspace('used-here');
    for (const kind of keyKinds) {
      const issued = await issue(kind);
      const sent = [issued.secret, issued.public_id, issued.kid].filter((one): one is string => typeof one === 'string');
      expect(sent.length).toBeGreaterThan(0);
      for (const key of sent) {
        const request_id = newName('req');
        await app.call('/v1/request-logs?workspace=used-here', { body: nativeLine({ request_id, key_id: undefined, key }) });
        const row = (await app.call<RequestLogPage>(`/v1/request-logs/${request_id}`)).body.data[0];
        const workspace_id = kind.accountWide ? 'used-here' : 'default';
        expect([kind.kind, row]).toEqual([kind.kind, expect.objectContaining({ key_id: issued.key_id, credential_kind: kind.kind, workspace_id })]);
      }
    }
  });

  it('prove nothing by an id, or by a secret that must not be sent: introspection says so, and names the key', async () => {
    const [, , workspaceKey, publicKey] = keyKinds as [KindUnderTest, KindUnderTest, KindUnderTest, KindUnderTest];
    const [signs, open] = [await issue(workspaceKey), await issue(publicKey)];
    for (const [token, { key_id, kind }] of [[signs.public_id!, signs], [signs.secret!, signs], [open.public_id!, open]] as const) {
      expect(await introspect(token)).toEqual({ active: false, reason: 'not_a_bearer_key', key_id, kind, fingerprint: expect.stringMatching(/^fp_/) });
    }
    const elsewhere = await registry.token('gateway', [await registry.workspace(newName('ws'))]);
    const unnamed = await app.call<Introspection>('/v1/introspect', { body: { token: open.public_id }, token: elsewhere });
    expect(unnamed.body).toEqual({ active: false, reason: 'not_a_bearer_key', fingerprint: open.fingerprint });
  });

  it('of the account are good in every workspace that the gateway serves, and only while they are active and in scope', async () => {
    const [, serviceToken] = keyKinds as [KindUnderTest, KindUnderTest];
    const [one, other] = [await registry.workspace(newName('ws')), await registry.workspace(newName('ws'))];
    const { secret, key_id } = await issue(serviceToken);
    for (const workspace of [undefined, one, other]) {
      const answer = await introspect(secret!, { workspace, scope: 'orders:read' });
      expect(answer).toMatchObject({ active: true, key_id, kind: 'service_token', account_wide: true, environment: 'production' });
      expect(answer).not.toHaveProperty('workspace_id');
    }
    expect(await introspect(secret!, { scope: 'orders:write' })).toMatchObject({ active: false, reason: 'insufficient_scope' });
    const gateway = await registry.token('gateway', [one]);
    const ask = async (workspace: string) => (await app.call<Introspection>('/v1/introspect', { body: { token: secret, workspace }, token: gateway })).body;
    expect(await ask(one)).toMatchObject({ active: true });
    expect(await ask(other)).toMatchObject({ active: false, reason: 'workspace_mismatch' });
    await revoke(serviceToken, key_id);
    expect(await introspect(secret!)).toMatchObject({ active: false, reason: 'revoked', key_id });
  });

  it('that sign have their public half in the open key set of their workspace, as long as they are good', async () => {
    const signing = keyKinds[4]!;
    const workspace = await registry.workspace(newName('ws'));
    const jwks = async (id = workspace) => (await app.call<VerificationJwks>(`/v1/workspaces/${id}/jwks.json`, { token: null })).body;
    const issued = await issue(signing, { workspace });
    expect(await jwks()).toEqual({ keys: [(issued as unknown as { public_jwk: object }).public_jwk] });
    const token = await new SignJWT({ entity_type: 'subscriber', entity_id: 'u1' }).setProtectedHeader({ alg: 'ES256', kid: issued.kid! })
      .sign(await importPKCS8(Buffer.from(issued.private_key_pem_base64!, 'base64').toString(), 'ES256'));
    await expect(jwtVerify(token, await importJWK((await jwks()).keys[0]!))).resolves.toMatchObject({ protectedHeader: { kid: issued.kid } });
    const { replacement } = (await rotate(signing, issued.key_id)).body;
    expect((await jwks()).keys.map(({ kid }) => kid)).toEqual([replacement.kid]);
    await revoke(signing, replacement.key_id);
    expect([await jwks(), await jwks('nowhere'), await jwks('default')]).toEqual([{ keys: [] }, { keys: [] }, { keys: expect.any(Array) }]);
    expect(JSON.stringify(await jwks('default'))).not.toContain('"d"');
  });

  it('keep the secret of a workspace key encrypted, and give it back to the registry alone', async () => {
    const issued = await issue(keyKinds[2]!);
    const kept = app.standalone.app.get(WorkspaceSecrets, { strict: false });
    expect(await kept.secretOf({ key_id: issued.key_id, workspace_id: 'default' })).toBe(issued.secret);
    await expect(kept.secretOf({ key_id: issued.key_id, workspace_id: 'other' })).rejects.toThrow();
    expect(await kept.secretOf({ key_id: 'key_0', workspace_id: 'default' })).toBeUndefined();
  });
});

describeOnPostgresServer('keys of every kind on a Postgres server', (env) => {
  beforeAll(async () => {
    app = await startTestApp(await env());
    registry = registryOf(app);
  });
  afterAll(() => app.stop());
  table();
});
