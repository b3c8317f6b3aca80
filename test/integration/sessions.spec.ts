import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PAGE_HEADER, type AuditPage, type CreatedAccessToken, type OpenSession, type Session } from '@keytrail/contracts';
import { AccessTokenStore } from '@keytrail/access';
import { startTestApp, type TestApp } from '../support/app.js';
import { registryOf } from '../support/registry.js';
import { databaseOf } from '../support/request-lines.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const page = { [PAGE_HEADER]: '1', 'sec-fetch-site': 'same-origin' };

async function signIn(token: string, headers: Record<string, string> = {}) {
  const answer = await app.call<Session>('/v1/session', { method: 'POST', token, headers });
  const cookie = answer.headers.get('set-cookie') ?? '';
  return { ...answer, cookie, sent: { cookie: cookie.split(';')[0]! } };
}

const reading = (sent: Record<string, string>, path = '/v1/incidents') => app.call(path, { token: null, headers: sent });

describe('a session', () => {
  it('is opened by a token, says who it is, and its cookie is out of reach for scripts and foreign pages', async () => {
    const { status, body, cookie, sent } = await signIn(app.adminToken, { 'user-agent': 'Firefox' });
    expect(status).toBe(201);
    expect(cookie).toMatch(/^keytrail_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=4\d{4}$/);
    expect(body).toMatchObject({ name: 'administrator', role: 'admin', workspaces: null });
    expect(JSON.stringify(body)).not.toContain(sent.cookie.split('=')[1]);
    const who = await reading(sent, '/v1/session');
    expect(who.body).toEqual(body);
    expect((await reading(sent)).status).toBe(200);
  });

  it('keeps a digest of its secret and nothing else', async () => {
    const { sent } = await signIn(app.adminToken);
    const rows = await databaseOf(app).selectFrom('sessions').selectAll().execute();
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(sent.cookie.split('=')[1]);
  });

  it('changes something only for a page of this server', async () => {
    const { sent } = await signIn(app.adminToken);
    const body = { name: 'Somebody', kind: 'person', contact: 'somebody@example.com' };
    const send = (headers: Record<string, string>) => app.call('/v1/owners', { token: null, body, headers: { ...sent, ...headers } });
    expect(await send({})).toMatchObject({ status: 403, body: { code: 'foreign_page' } });
    expect(await send({ [PAGE_HEADER]: '1', 'sec-fetch-site': 'cross-site' })).toMatchObject({ status: 403, body: { code: 'foreign_page' } });
    expect(await send({ [PAGE_HEADER]: '1', 'sec-fetch-site': 'same-site' })).toMatchObject({ status: 403, body: { code: 'foreign_page' } });
    expect((await send(page)).status).toBe(201);
    expect(await reading({ ...sent, 'sec-fetch-site': 'cross-site' })).toMatchObject({ status: 403, body: { code: 'foreign_page' } });
  });

  it('may do what the role of its token may, and no more', async () => {
    const viewer = await signIn(await registryOf(app).token('viewer'));
    expect((await reading(viewer.sent)).status).toBe(200);
    const denied = await app.call('/v1/owners', { token: null, body: { name: 'x', kind: 'person', contact: 'x' }, headers: { ...viewer.sent, ...page } });
    expect(denied).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  it('sees the workspaces of its token alone', async () => {
    const registry = registryOf(app);
    await registry.workspace('seen');
    const { sent, body } = await signIn(await registry.token('viewer', ['seen']));
    expect(body.workspaces).toEqual(['seen']);
    const { body: listed } = await reading(sent, '/v1/workspaces');
    expect((listed['data'] as { workspace_id: string }[]).map(({ workspace_id }) => workspace_id)).toEqual(['seen']);
  });

  it.each(['ingest', 'gateway', 'scanner'] as const)('is not for the role %s', async (role) => {
    const { status, body, cookie } = await signIn(await registryOf(app).token(role));
    expect([status, (body as unknown as { code: string }).code, cookie]).toEqual([403, 'role_has_no_pages', '']);
  });

  it('does not open another one', async () => {
    const { sent } = await signIn(app.adminToken);
    expect(await app.call('/v1/session', { method: 'POST', token: null, headers: { ...sent, ...page } })).toMatchObject({ status: 403, body: { code: 'session_needs_token' } });
  });

  it('ends when its person signs out, for whoever kept the cookie too', async () => {
    const { sent } = await signIn(app.adminToken);
    const out = await app.call('/v1/session', { method: 'DELETE', token: null, headers: { ...sent, ...page } });
    expect(out.status).toBe(204);
    expect(out.headers.get('set-cookie')).toMatch(/^keytrail_session=; .*Max-Age=0/);
    expect((await reading(sent)).status).toBe(401);
  });

  it('ends with its token, revoked or expired', async () => {
    const { body: token } = await app.call<CreatedAccessToken>('/v1/access-tokens', { body: { name: 'leaves soon', role: 'viewer' } });
    const { sent } = await signIn(token.token);
    await app.call(`/v1/access-tokens/${token.token_id}`, { method: 'DELETE' });
    expect((await reading(sent)).status).toBe(401);
    const expires_at = new Date(Date.now() + 60_000).toISOString();
    const { body: brief } = await app.call<CreatedAccessToken>('/v1/access-tokens', { body: { name: 'brief', role: 'viewer', expires_at } });
    const short = await signIn(brief.token);
    expect(short.body.expires_at).toBe(expires_at);
    await databaseOf(app).updateTable('access_tokens').set({ expires_at: new Date(Date.now() - 1) }).where('token_id', '=', brief.token_id).execute();
    expect((await reading(short.sent)).status).toBe(401);
  });

  it('ends when its time is over', async () => {
    const { sent, body } = await signIn(app.adminToken);
    await databaseOf(app).updateTable('sessions').set({ expires_at: new Date(Date.now() - 1) }).where('session_id', '=', body.session_id!).execute();
    expect((await reading(sent)).status).toBe(401);
  });

  it('is listed for administrators, who may end it; both are in the audit trail', async () => {
    const { sent, body } = await signIn(await registryOf(app).token('responder'), { 'user-agent': 'Responder\'s browser' });
    const { body: listed } = await app.call<{ data: OpenSession[] }>('/v1/sessions');
    expect(listed.data.find(({ session_id }) => session_id === body.session_id)).toMatchObject({ role: 'responder', user_agent: 'Responder\'s browser' });
    expect((await reading(sent, '/v1/sessions')).status).toBe(403);
    expect((await app.call(`/v1/sessions/${body.session_id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await reading(sent)).status).toBe(401);
    const { body: audit } = await app.call<AuditPage>(`/v1/audit-entries?object_id=${body.session_id}`);
    expect(audit.data.map(({ action }) => action)).toEqual(['session.ended', 'session.opened']);
  });

  it('of somebody who reaches further is neither seen nor ended', async () => {
    const registry = registryOf(app);
    await registry.workspace('narrow');
    const narrow = await registry.token('admin', ['narrow']);
    const { body } = await signIn(app.adminToken);
    const seen = await app.call<{ data: OpenSession[] }>('/v1/sessions', { token: narrow });
    expect(seen.body.data.map(({ session_id }) => session_id)).not.toContain(body.session_id);
    expect((await app.call(`/v1/sessions/${body.session_id}`, { method: 'DELETE', token: narrow })).status).toBe(404);
  });

  it('of the administrator ends when the administrator is given another token', async () => {
    const { sent } = await signIn(app.adminToken);
    await app.standalone.app.get(AccessTokenStore, { strict: false }).ensureAdministrator('another-administrator-token');
    expect((await reading(sent)).status).toBe(401);
    await app.standalone.app.get(AccessTokenStore, { strict: false }).ensureAdministrator(app.adminToken);
  });
});

describe('a made-up cookie', () => {
  it('is refused as a bad token is, and failures count against its address', async () => {
    const cookie = `keytrail_session=${'a'.repeat(43)}`;
    const statuses: number[] = [];
    for (let tries = 0; tries < 32; tries += 1) statuses.push((await reading({ cookie })).status);
    expect(new Set(statuses.slice(0, 20))).toEqual(new Set([401]));
    expect(statuses.at(-1)).toBe(429);
    expect((await app.call('/v1/incidents')).status).toBe(200);
  });
});
