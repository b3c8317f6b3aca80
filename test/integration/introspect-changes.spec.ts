import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { IntrospectRequest, Introspection, IntrospectionList, KeyEventPage } from '@keytrail/contracts';
import { callServer, startTestApp, type Answer, type TestApp } from '../support/app.js';
import { buildStandalone, startAppProcess } from '../support/app-process.js';
import { issueKey, keyKinds, type IssuedKey } from '../support/key-kinds.js';
import { describeOnBoth, describeOnPostgresServer } from '../support/postgres-forms.js';
import { signRequest, userToken } from '../support/presented.js';
import { registryOf, type TestRegistry } from '../support/registry.js';
import { databaseOf, newName } from '../support/request-lines.js';
import { createTempDir } from '../support/temp-dir.js';
import { waitFor } from '../support/wait-for.js';

const kindOf = (kind: IssuedKey['kind']) => keyKinds.find((one) => one.kind === kind)!;

/** The process that is asked. */
type Asked = Pick<TestApp, 'url' | 'call'>;

/** What is asked of one process while changes are made through another, or the same one. */
function askerOf(asked: () => Asked, token: () => string) {
  const call = (body: Partial<IntrospectRequest>, as = token()): Promise<Answer<Introspection>> => asked().call<Introspection>('/v1/introspect', { body, token: as });
  const ask = async (body: Partial<IntrospectRequest>, as = token()): Promise<Introspection> => {
    const answer = await call(body, as);
    expect([answer.status, answer.body]).toEqual([200, answer.body]);
    return answer.body;
  };
  return { call, ask };
}

/** The promise of introspection. `asked` answers; `changed` is where changes are made. */
function expectChangesSeen(apps: () => Promise<{ asked: Asked; changed: TestApp }>): void {
  let asked: Asked;
  let changed: TestApp;
  let registry: TestRegistry;
  let gateway: string;
  const { call, ask } = askerOf(() => asked, () => gateway);
  const patch = async (path: string, body: object) => {
    expect((await changed.call(path, { method: 'PATCH', body })).status).toBe(200);
  };
  const remove = async (path: string) => {
    expect((await changed.call(path, { method: 'DELETE' })).status).toBeLessThan(300);
  };

  beforeAll(async () => {
    ({ asked, changed } = await apps());
    registry = registryOf(changed);
    gateway = await registry.token('gateway');
  }, 180_000);

  it('refuses a revoked key from the call after the revocation was answered, while others are asked about all the time', async () => {
    const busy = await registry.key();
    const state = { running: true, answered: 0 };
    const load = Array.from({ length: 8 }, async () => {
      while (state.running) {
        if (!(await ask({ token: busy.secret })).active) throw new Error('a good key was refused');
        state.answered += 1;
      }
    });
    const owner_id = await registry.owner();
    for (let round = 0; round < 15; round += 1) {
      const key = await registry.key({ owner_id });
      expect((await ask({ token: key.secret })).active).toBe(true);
      // Also whoever is on the way meanwhile must leave nothing behind that is older than the revocation.
      const onTheWay = Array.from({ length: 10 }, () => ask({ token: key.secret }));
      await remove(`/v1/api-keys/${key.key_id}`);
      const after = await Promise.all(Array.from({ length: 5 }, () => ask({ token: key.secret })));
      expect(after.map(({ reason }) => reason)).toEqual(Array(5).fill('revoked'));
      await Promise.all(onTheWay);
      expect((await ask({ token: key.secret })).reason).toBe('revoked');
    }
    state.running = false;
    await Promise.all(load);
    expect(state.answered).toBeGreaterThan(50);
  });

  it('tells the owner, scopes, environment and end of a key as they are since the last change', async () => {
    await registry.workspace('moving');
    const owner_id = await registry.owner();
    const key = await registry.key({ owner_id, workspace: 'moving' });
    const now = () => ask({ token: key.secret });
    expect(await now()).toMatchObject({ active: true, environment: 'staging', scope: '' });
    const name = newName('renamed');
    await patch(`/v1/owners/${owner_id}`, { name });
    expect((await now()).owner).toEqual({ owner_id, name });
    await patch(`/v1/api-keys/${key.key_id}`, { scopes: ['orders:read'] });
    expect((await now()).scope).toBe('orders:read');
    await patch('/v1/workspaces/moving', { environment: 'production' });
    expect((await now()).environment).toBe('production');
    const other = await registry.owner();
    await patch(`/v1/api-keys/${key.key_id}`, { owner_id: other });
    expect((await now()).owner?.owner_id).toBe(other);
  });

  it('refuses a key whose end has come, though nothing was written then', async () => {
    const key = await registry.key({ expires_at: new Date(Date.now() + 1_500).toISOString() });
    expect((await ask({ token: key.secret })).active).toBe(true);
    expect(await waitFor(async () => {
      const { active, reason } = await ask({ token: key.secret });
      return !active && reason;
    }, { what: 'the end of the key', intervalMs: 20 })).toBe('expired');
  });

  it('refuses a gateway whose token was revoked, has another role or has ended, from its next call', async () => {
    const key = await registry.key();
    const made = await changed.call<{ token: string; token_id: string }>('/v1/access-tokens', { body: { name: 'short', role: 'gateway' } });
    const status = async (token: string) => (await call({ token: key.secret }, token)).status;
    expect(await status(made.body.token)).toBe(200);
    await remove(`/v1/access-tokens/${made.body.token_id}`);
    expect(await status(made.body.token)).toBe(401);
    const role = await changed.call<{ token: string; token_id: string }>('/v1/access-tokens', { body: { name: 'role', role: 'gateway' } });
    expect(await status(role.body.token)).toBe(200);
    await databaseOf(changed).updateTable('access_tokens').set({ role: 'ingest' }).where('token_id', '=', role.body.token_id).execute();
    expect(await status(role.body.token)).toBe(403);
    const ending = await changed.call<{ token: string }>('/v1/access-tokens', { body: { name: 'ending', role: 'gateway', expires_at: new Date(Date.now() + 1_500).toISOString() } });
    expect(await status(ending.body.token)).toBe(200);
    await waitFor(async () => await status(ending.body.token) === 401, { what: 'the end of the token', intervalMs: 20 });
  });

  it('knows a key, and a gateway, from the call after they were made, also when they were asked about before', async () => {
    const key = await registry.key();
    await databaseOf(changed).deleteFrom('credentials').where('key_id', '=', key.key_id).execute();
    expect((await ask({ token: key.secret })).reason).toBe('unknown_key');
    for (let round = 0; round < 5; round += 1) {
      const token = await registry.token('gateway');
      expect((await ask({ token: (await registry.key()).secret }, token)).active).toBe(true);
    }
  });

  it('follows enhanced security and the signing key of a user token from the next call', async () => {
    const workspace = await registry.workspace(newName('ws'));
    const publicKey = await issueKey(changed, registry, kindOf('public_key'), { workspace });
    const signer = await issueKey(changed, registry, kindOf('signing_key'), { workspace });
    const ofUser = (user_token?: string) => ask({ public_key: publicKey.public_id!, ...(user_token !== undefined && { user_token }) });
    expect((await ofUser()).active).toBe(true);
    await patch(`/v1/workspaces/${workspace}`, { enhanced_security: true });
    expect((await ofUser()).reason).toBe('user_token_required');
    const token = userToken(signer);
    for (let time = 0; time < 2; time += 1) expect((await ofUser(token)).active).toBe(true);
    await remove(`/v1/signing-keys/${signer.key_id}`);
    for (const one of [token, userToken(signer)]) expect((await ofUser(one)).reason).toBe('user_token_signer_revoked');
    await patch(`/v1/workspaces/${workspace}`, { enhanced_security: false });
    expect((await ofUser()).active).toBe(true);
  });

  it('follows a change in a batch as in a single call', async () => {
    const [stays, goes] = [await registry.key(), await registry.key()];
    const workspaceKey = await issueKey(changed, registry, kindOf('workspace_key'));
    const all = async () => (await asked.call<IntrospectionList>('/v1/introspect/batch', {
      token: gateway, body: { items: [{ token: stays.secret }, { token: goes.secret }, { signed_request: signRequest(workspaceKey) }] },
    })).body.data.map(({ active, reason }) => reason ?? active);
    expect(await all()).toEqual([true, true, true]);
    await remove(`/v1/api-keys/${goes.key_id}`);
    await remove(`/v1/workspace-keys/${workspaceKey.key_id}`);
    expect(await all()).toEqual([true, 'revoked', 'revoked']);
  });

  it('uses what it holds again after a change that was taken back', async () => {
    const key = await registry.key();
    expect((await ask({ token: key.secret })).active).toBe(true);
    await expect(databaseOf(changed).transaction().execute(async (transaction) => {
      await transaction.updateTable('credentials').set({ revoked_at: new Date() }).where('key_id', '=', key.key_id).execute();
      throw new Error('taken back');
    })).rejects.toThrow('taken back');
    expect((await ask({ token: key.secret })).active).toBe(true);
  });
}

describeOnBoth('what a gateway is told after a change', (env) => {
  let app: TestApp;
  expectChangesSeen(async () => {
    app = await startTestApp(await env());
    return { asked: app, changed: app };
  });
  afterAll(() => app?.stop());
});

describeOnPostgresServer('what a gateway is told after a change in another process', (env) => {
  let one: TestApp;
  let other: Asked;
  const closing: (() => Promise<unknown>)[] = [];
  expectChangesSeen(async () => {
    await buildStandalone();
    const settings = { ...await env(), KEYTRAIL_MASTER_KEY: randomBytes(32).toString('base64') };
    one = await startTestApp(settings);
    closing.push(() => one.stop());
    const directory = await createTempDir('keytrail-other-');
    closing.push(() => directory.remove());
    const process = await startAppProcess('standalone', { ...settings, KEYTRAIL_DATA_DIR: directory.path, KEYTRAIL_ADMIN_TOKEN: one.adminToken });
    closing.push(() => process.kill());
    other = { url: process.url, call: (path, options) => callServer(process.url, one.adminToken, path, options) };
    return { asked: other, changed: one };
  });
  afterAll(async () => {
    for (const close of closing.reverse()) await close();
  });

  it('accepts a signed request in one process only, whichever is first and however many send it', async () => {
    const registry = registryOf(one);
    const gateway = await registry.token('gateway');
    const key = await issueKey(one, registry, kindOf('workspace_key'));
    for (let round = 0; round < 10; round += 1) {
      const signed_request = signRequest(key);
      const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? one : other).call<Introspection>('/v1/introspect', { body: { signed_request }, token: gateway })));
      expect(answers.filter(({ body }) => body.active)).toHaveLength(1);
      expect((await (round % 2 === 0 ? one : other).call<Introspection>('/v1/introspect', { body: { signed_request }, token: gateway })).body.reason).toBe('nonce_replayed');
    }
  });

  it('tells subscribers of either process of a revocation in the other', async () => {
    const gateway = await registryOf(one).token('gateway');
    for (const [from, to] of [[one, other], [other, one]] as const) {
      const key = await registryOf(one).key();
      const told: string[] = [];
      const stopping = new AbortController();
      const answer = await fetch(`${to.url}/v1/revocations`, { headers: { authorization: `Bearer ${gateway}`, accept: 'text/event-stream' }, signal: stopping.signal });
      const reading = (async () => {
        for await (const part of answer.body!.pipeThrough(new TextDecoderStream())) told.push(part);
      })().catch(() => undefined);
      await waitFor(() => told.join('').includes('event: current'), { what: 'the stream to be current' });
      await from.call(`/v1/api-keys/${key.key_id}`, { method: 'DELETE' });
      await waitFor(() => told.join('').includes(`"type":"revoked","key_id":"${key.key_id}"`), { what: 'the revocation' });
      stopping.abort();
      await reading;
      const { body } = await to.call<KeyEventPage>('/v1/revocations?limit=1000', { token: gateway });
      expect(body.data.filter(({ key_id }) => key_id === key.key_id).map(({ type }) => type)).toEqual(['created', 'revoked']);
    }
  });
});
