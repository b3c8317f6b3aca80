import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { PAGE_HEADER, type AuditPage, type OpenSession, type Problem, type Session, type SignInMethods } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../support/app.js';
import { SignInBrowser, startIdentityProvider, type IdentityProviderProcess } from '../support/identity-provider.js';
import { registryOf } from '../support/registry.js';
import { databaseOf } from '../support/request-lines.js';

// Where people reach Keytrail, by way of a proxy that the browser of this suite stands for.
const PUBLIC_URL = 'https://keytrail.example';
const CALLBACK = `${PUBLIC_URL}/v1/session/oidc/callback`;
const ROLES = 'admins=admin, soc=responder@shop|payments, soc-emea=responder@emea, everybody=viewer';
const SECRET = 'the-secret-of-this-client';

const started: { stop(): Promise<void> }[] = [];
const keep = <T extends { stop(): Promise<void> }>(part: T): T => {
  started.push(part);
  return part;
};

const settingsFor = (issuer: string, more: Record<string, string> = {}) => ({
  KEYTRAIL_OIDC_ISSUER: issuer, KEYTRAIL_OIDC_CLIENT_ID: 'keytrail', KEYTRAIL_OIDC_CLIENT_SECRET: SECRET, KEYTRAIL_OIDC_ROLES: ROLES, KEYTRAIL_PUBLIC_URL: PUBLIC_URL, ...more,
});

/** A browser in front of an app, and what it takes to sign in there. */
function browserAt(app: TestApp) {
  const browser = new SignInBrowser({ [PUBLIC_URL]: app.url });
  const begin = (query = '') => `${PUBLIC_URL}/v1/session/oidc${query}`;
  const cookie = () => browser.cookiesOf(app.url)['keytrail_session'];
  return {
    browser, begin, cookie,
    /** Signs in to the end: where the browser is sent then. */
    async signIn(who: string | null, query = '') {
      const back = await browser.signInAt(begin(query), who, CALLBACK);
      return { back, ...await browser.get(back) };
    },
    read: <T>(path: string) => app.call<T>(path, { token: null, headers: { cookie: `keytrail_session=${cookie()}` } }),
  };
}

describe('signing in through an identity provider', () => {
  let provider: IdentityProviderProcess;
  let app: TestApp;
  beforeAll(async () => {
    provider = keep(await startIdentityProvider({ clientId: 'keytrail', secret: SECRET, callback: CALLBACK }));
    app = keep(await startTestApp(settingsFor(provider.issuer)));
  });
  afterAll(() => Promise.all(started.splice(0).map((part) => part.stop())));
  afterEach(() => databaseOf(app).deleteFrom('sessions').execute());

  it('says to anybody how people sign in, and nothing else of the provider', async () => {
    const { status, body } = await app.call<SignInMethods>('/v1/session/methods', { token: null });
    expect([status, body]).toEqual([200, { access_token: true, oidc: '/v1/session/oidc' }]);
  });

  it('opens a session with the role and the workspaces of the person\'s groups, and leads to where they wanted to go', async () => {
    const { signIn, read } = browserAt(app);
    const { status, location } = await signIn('alice:soc|soc-emea|everybody', '?return_to=%2Fincidents%2Finc_1%3Ftab%3Dkeys');
    expect([status, location]).toEqual([303, `${PUBLIC_URL}/incidents/inc_1?tab=keys`]);
    const { body } = await read<Session>('/v1/session');
    expect(body).toMatchObject({ name: 'Person alice', role: 'responder', workspaces: ['shop', 'payments', 'emea'] });
    expect(Date.parse(body.expires_at!)).toBeGreaterThan(Date.now() + 11 * 3_600_000);
  });

  it('makes an administrator of everything of whoever has the group for it', async () => {
    const { signIn, read } = browserAt(app);
    await signIn('root:everybody|admins');
    expect((await read<Session>('/v1/session')).body).toMatchObject({ role: 'admin', workspaces: null });
    expect((await read('/v1/access-tokens')).status).toBe(200);
  });

  it('asks with PKCE, a state and a nonce, which the browser keeps where no script reads them', async () => {
    const response = await fetch(`${app.url}/v1/session/oidc`, { redirect: 'manual' });
    const asked = new URL(response.headers.get('location')!);
    expect(Object.fromEntries(asked.searchParams)).toMatchObject({ response_type: 'code', client_id: 'keytrail', redirect_uri: CALLBACK, code_challenge_method: 'S256', scope: 'openid profile email' });
    for (const name of ['state', 'nonce', 'code_challenge']) expect(asked.searchParams.get(name)!.length).toBeGreaterThanOrEqual(43);
    const cookie = response.headers.get('set-cookie')!;
    expect(cookie).toMatch(/^keytrail_sign_in=[\w.-]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600$/);
    expect(cookie).not.toContain(asked.searchParams.get('state'));
  });

  it.each([
    ['somebody whose groups fit no rule', 'mallory:strangers', 'no_role'], ['somebody without groups', 'nobody', 'no_role'], ['somebody who gives up at the provider', null, 'sign_in_denied'],
  ])('signs %s in to nothing, and tells why', async (_, who, why) => {
    const { signIn, cookie } = browserAt(app);
    const { status, location } = await signIn(who);
    expect([status, location, cookie()]).toEqual([303, `${PUBLIC_URL}/?sign_in=${why}`, undefined]);
  });

  it('turns away whoever brings a code that this browser did not ask for', async () => {
    const victim = browserAt(app);
    const attacker = browserAt(app);
    const stolen = await attacker.browser.signInAt(attacker.begin(), 'eve:admins', CALLBACK);
    // Without an attempt of its own, and with one: neither signs the victim in as somebody else.
    expect((await victim.browser.get(stolen)).location).toBe(`${PUBLIC_URL}/?sign_in=sign_in_expired`);
    await victim.browser.get(victim.begin());
    expect((await victim.browser.get(stolen)).location).toBe(`${PUBLIC_URL}/?sign_in=sign_in_not_believed`);
    expect(victim.cookie()).toBeUndefined();
  });

  it('takes an answer once, and only as the provider sent it', async () => {
    const { browser, begin, cookie } = browserAt(app);
    const back = await browser.signInAt(begin(), 'alice:admins', CALLBACK);
    const other = browserAt(app);
    await other.browser.get(other.begin());
    expect((await browser.get(back.replace(/state=[^&]+/, 'state=forged'))).location).toBe(`${PUBLIC_URL}/?sign_in=sign_in_not_believed`);
    expect((await browser.get(back)).location).toBe(`${PUBLIC_URL}/?sign_in=sign_in_expired`);
    expect(cookie()).toBeUndefined();
  });

  it.each(['//evil.example/', '/\\evil.example', 'https://evil.example/', '/v1/session', '/x\r\nset-cookie: a=b', 'javascript:alert(1)', ''])('goes on to the overview when it is told to go on to %j', async (place) => {
    const { signIn } = browserAt(app);
    expect((await signIn('alice:everybody', `?return_to=${encodeURIComponent(place)}`)).location).toBe(`${PUBLIC_URL}/`);
  });

  it('writes into the audit trail who came and went, and keeps neither tokens nor the cookie\'s secret', async () => {
    const { signIn, read, cookie } = browserAt(app);
    await signIn('alice:everybody');
    const { session_id } = (await read<Session>('/v1/session')).body;
    const rows = await databaseOf(app).selectFrom('sessions').selectAll().execute();
    expect(rows).toMatchObject([{ subject: 'alice:everybody', name: 'Person alice', role: 'viewer', token_id: null }]);
    expect(JSON.stringify(rows)).not.toContain(cookie());
    const out = await app.call('/v1/session', { method: 'DELETE', token: null, headers: { cookie: `keytrail_session=${cookie()}`, [PAGE_HEADER]: '1' } });
    expect([out.status, (await read('/v1/session')).status]).toEqual([204, 401]);
    const { body } = await app.call<AuditPage>(`/v1/audit-entries?object_id=${session_id}`);
    expect(body.data.map(({ action, actor }) => [action, actor])).toEqual([['session.ended', 'oidc:alice:everybody'], ['session.opened', 'oidc:alice:everybody']]);
  });

  it('shows such sessions to administrators, who may end them, and to nobody who reaches less far', async () => {
    const { signIn, read } = browserAt(app);
    await signIn('alice:everybody');
    const { session_id } = (await read<Session>('/v1/session')).body;
    const registry = registryOf(app);
    await registry.workspace('narrow');
    const narrow = await registry.token('admin', ['narrow']);
    expect((await app.call<{ data: OpenSession[] }>('/v1/sessions', { token: narrow })).body.data.map((one) => one.session_id)).not.toContain(session_id);
    expect((await app.call(`/v1/sessions/${session_id}`, { method: 'DELETE', token: narrow })).status).toBe(404);
    const listed = (await app.call<{ data: OpenSession[] }>('/v1/sessions')).body.data.find((one) => one.session_id === session_id);
    expect(listed).toMatchObject({ subject: 'alice:everybody', name: 'Person alice', token_id: null, role: 'viewer' });
    expect((await app.call(`/v1/sessions/${session_id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await read('/v1/session')).status).toBe(401);
  });

  it('ends sessions when the settings change that say who may do what', async () => {
    const { signIn, read } = browserAt(app);
    await signIn('alice:everybody');
    expect((await read('/v1/session')).status).toBe(200);
    await databaseOf(app).updateTable('sessions').set({ settings_digest: 'of other settings' }).execute();
    expect((await read('/v1/session')).status).toBe(401);
  });
});

describe('an identity provider', () => {
  const running: { stop(): Promise<void> }[] = [];
  afterEach(() => Promise.all(running.splice(0).map((part) => part.stop())));

  it('may know Keytrail as a public client, and name roles in the ID token, deep in an object', async () => {
    const provider = await startIdentityProvider({ clientId: 'keytrail', secret: null, callback: CALLBACK, claimsIn: 'id_token' });
    running.push(provider);
    const { KEYTRAIL_OIDC_CLIENT_SECRET: _, ...settings } = settingsFor(provider.issuer, { KEYTRAIL_OIDC_ROLE_CLAIM: 'realm_access.roles' });
    const app = await startTestApp(settings);
    running.push(app);
    const { signIn, read } = browserAt(app);
    await signIn('bob:admins');
    expect((await read<Session>('/v1/session')).body).toMatchObject({ name: 'Person bob', role: 'admin' });
  });

  it('that believes another secret signs nobody in; one that is away is told as such, and asked again when it is back', async () => {
    const provider = await startIdentityProvider({ clientId: 'keytrail', secret: 'another-secret', callback: CALLBACK });
    running.push(provider);
    const app = await startTestApp(settingsFor(provider.issuer));
    running.push(app);
    const { signIn, browser, begin, cookie } = browserAt(app);
    expect((await signIn('alice:admins')).location).toBe(`${PUBLIC_URL}/?sign_in=sign_in_not_believed`);
    const back = await browser.signInAt(begin(), 'alice:admins', CALLBACK);
    await provider.stop();
    expect(await browser.get(back)).toMatchObject({ status: 503, text: expect.stringContaining('identity_provider_unavailable') });
    expect(cookie()).toBeUndefined();
  });

  it('that was never there leaves access tokens', async () => {
    const app = await startTestApp(settingsFor('http://127.0.0.1:1'));
    running.push(app);
    expect(await app.call<Problem>('/v1/session/oidc', { token: null })).toMatchObject({ status: 503, body: { code: 'identity_provider_unavailable' } });
    expect((await app.call('/v1/session', { method: 'POST' })).status).toBe(201);
  });

  it('is not needed: without one people sign in with access tokens', async () => {
    const app = await startTestApp();
    running.push(app);
    expect((await app.call<SignInMethods>('/v1/session/methods', { token: null })).body).toEqual({ access_token: true, oidc: null });
    expect(await app.call<Problem>('/v1/session/oidc', { token: null })).toMatchObject({ status: 404, body: { code: 'no_identity_provider' } });
  });
});
