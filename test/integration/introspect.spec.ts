import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Introspection, type CreatedApiKey, type RefusalReason, type RequestLogPage } from '@keytrail/contracts';
import { newBearerKey } from '@keytrail/platform';
import { startTestApp, type TestApp } from '../support/app.js';
import { registryOf, type TestRegistry } from '../support/registry.js';
import { databaseOf, nativeLine, newName } from '../support/request-lines.js';

describe('introspection', () => {
  let app: TestApp;
  let registry: TestRegistry;
  let gateway: string;
  let key: CreatedApiKey;

  beforeAll(async () => {
    app = await startTestApp();
    registry = registryOf(app);
    await registry.workspace('acme');
    await registry.workspace('other');
    gateway = await registry.token('gateway');
    key = await registry.key({ workspace: 'acme', scopes: ['orders:read', 'refunds:*'], expires_at: '2099-01-01T00:00:00Z' });
  });
  afterAll(() => app.stop());

  const ask = async (token: string, need: object = {}, as = gateway): Promise<Introspection> => {
    const answer = await app.call<Introspection>('/v1/introspect', { body: { token, ...need }, token: as });
    expect(answer.status).toBe(200);
    return Introspection.strict().parse(answer.body);
  };
  const refused = (reason: string, more: object = {}) => ({ active: false, reason, fingerprint: expect.stringMatching(/^fp_[0-9a-f]{24}$/), ...more });

  it('tells whose a good key is, and nothing of its secret', async () => {
    expect(await ask(key.secret, { workspace: 'acme', scope: 'refunds:create' })).toEqual({
      active: true, key_id: key.key_id, kind: 'api_key', fingerprint: key.fingerprint, workspace_id: 'acme', environment: 'staging',
      owner: { owner_id: key.owner.owner_id, name: key.owner.name }, scope: 'orders:read refunds:*',
      iat: Math.floor(Date.parse(key.created_at) / 1000), exp: Date.parse('2099-01-01T00:00:00Z') / 1000,
    });
  });

  it('tells a typo from a probe by the checksum, at every place of the key', async () => {
    const { secret } = key;
    for (const at of [7, 20, 36, 37, secret.length - 1]) {
      const typo = secret.slice(0, at) + (secret[at] === 'x' ? 'y' : 'x') + secret.slice(at + 1);
      expect([at, await ask(typo)]).toEqual([at, refused('checksum_mismatch')]);
    }
    const swapped = secret.slice(0, 10) + secret[11] + secret[10] + secret.slice(12);
    if (swapped !== secret) expect(await ask(swapped)).toEqual(refused('checksum_mismatch'));
  });

  it.each(['x', 'Bearer kt_api_x', 'kt_api_', ' ', 'ключ', 'AKIAIOSFODNN7EXAMPLE', 'x'.repeat(4096), '\u0000'])('calls %j malformed', async (token) => {
    expect(await ask(token)).toEqual(refused('malformed'));
    expect(await ask(`${key.secret}\n`)).toEqual(refused('malformed'));
  });

  it('knows neither a made-up key nor an access token', async () => {
    const ghost = await registry.key();
    await databaseOf(app).deleteFrom('credentials').where('key_id', '=', ghost.key_id).execute();
    expect(await ask(ghost.secret)).toEqual(refused('unknown_key'));
    expect(await ask(gateway)).toEqual(refused('unknown_key'));
  });

  it('names a revoked and an expired key, so that the gateway can log them', async () => {
    const revoked = await registry.key();
    await app.call(`/v1/api-keys/${revoked.key_id}`, { method: 'DELETE' });
    expect(await ask(revoked.secret)).toEqual(refused('revoked', { key_id: revoked.key_id, kind: 'api_key', fingerprint: revoked.fingerprint }));
    const expired = await registry.key();
    await databaseOf(app).updateTable('credentials').set({ expires_at: new Date(Date.now() - 1) }).where('key_id', '=', expired.key_id).execute();
    expect(await ask(expired.secret)).toEqual(refused('expired', { key_id: expired.key_id, kind: 'api_key', fingerprint: expired.fingerprint }));
  });

  it('refuses another workspace and a scope the key lacks', async () => {
    expect(await ask(key.secret, { workspace: 'other' })).toEqual(refused('workspace_mismatch', { fingerprint: key.fingerprint }));
    for (const scope of ['orders:write', 'orders:readwrite', 'orders:*', '*', 'refunds']) {
      expect([scope, await ask(key.secret, { scope })]).toEqual([scope, refused('insufficient_scope', { key_id: key.key_id, kind: 'api_key' })]);
    }
  });

  it('gives each reason that there is for a bearer key', async () => {
    const [ghost, revoked, expired] = [await registry.key(), await registry.key(), await registry.key()];
    await databaseOf(app).deleteFrom('credentials').where('key_id', '=', ghost.key_id).execute();
    await app.call(`/v1/api-keys/${revoked.key_id}`, { method: 'DELETE' });
    await databaseOf(app).updateTable('credentials').set({ expires_at: new Date(0) }).where('key_id', '=', expired.key_id).execute();
    const asked: Partial<Record<RefusalReason, Introspection>> = {
      malformed: await ask('kt_api'), checksum_mismatch: await ask(`kt_api_${'0'.repeat(36)}`), unknown_key: await ask(ghost.secret),
      revoked: await ask(revoked.secret), expired: await ask(expired.secret), workspace_mismatch: await ask(key.secret, { workspace: 'other' }),
      insufficient_scope: await ask(key.secret, { scope: 'admin' }), not_a_bearer_key: await ask(newBearerKey('pub')),
    };
    for (const [reason, answer] of Object.entries(asked)) expect(answer).toMatchObject({ active: false, reason });
  });

  it('sees a revocation and a replacement from the very next call, time after time', async () => {
    let { key_id, secret } = await registry.key();
    for (let round = 0; round < 10; round += 1) {
      expect((await ask(secret)).active).toBe(true);
      const { body } = await app.call<{ secret: string; replacement: { key_id: string } }>(`/v1/api-keys/${key_id}/revoke-and-replace`, { body: { reason: 'drill' } });
      expect(await ask(secret)).toMatchObject({ active: false, reason: 'revoked', key_id });
      ({ secret, replacement: { key_id } } = body);
    }
  });

  it('knows no key of a workspace that the gateway does not serve', async () => {
    const theirs = await registry.token('gateway', ['other']);
    const unknown = refused('unknown_key');
    expect(await ask(key.secret, {}, theirs)).toEqual(unknown);
    expect(await ask(key.secret, { workspace: 'acme' }, theirs)).toEqual(unknown);
    expect((await ask(key.secret, {}, await registry.token('gateway', ['acme']))).active).toBe(true);
  });

  it('gives the fingerprint under which request logs know the key', async () => {
    const stranger = `kt_api_${newName('x').replace('-', '').padEnd(36, '0')}`;
    for (const token of [key.secret, stranger]) {
      const { fingerprint } = await ask(token);
      const request_id = newName('req');
      await app.call('/v1/request-logs?workspace=acme', { body: nativeLine({ request_id, key_id: undefined, key: token, status: 401 }) });
      expect((await app.call<RequestLogPage>(`/v1/request-logs/${request_id}`)).body.data[0]).toMatchObject({ key_fingerprint: fingerprint });
    }
  });

  it('needs a token to ask about', async () => {
    for (const body of [{}, { token: '' }, { token: 'x'.repeat(4097) }, { token: 7 }, { token: 'x', workspace: ' ' }, { token: 'x', scope: 'a b' }]) {
      expect((await app.call('/v1/introspect', { body })).status).toBe(400);
    }
  });
});
