import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { permissions, rolePermissions, Role, type Permission } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../support/app.js';
import { watchRoutes, type FastifyRoute } from '../support/fastify-routes.js';
import { callFrom, registryOf } from '../support/registry.js';

/** Everything that answers without a token. Add to it on purpose, or not at all. */
const PUBLIC = [
  '/health/live', '/health/ready', '/v1/workspaces/:workspace_id/jwks.json', '/v1/session/methods', '/v1/session/oidc', '/v1/session/oidc/callback',
  '/openapi.json', '/docs', '/docs/', '/docs/*', '/docs/index.html', '/docs/LICENSE', '/docs/swagger-ui-init.js', '/docs/docs/swagger-ui-init.js',
];

/** Answers whoever signs as GitHub does, and has a suite of its own: leaks.spec.ts. */
const SIGNED = ['/v1/leaks/github'];

/** For every caller, whatever the role; sessions.spec.ts looks closer. */
const ANY_CALLER = ['/v1/session'];

interface Guarded extends FastifyRoute {
  permission: Permission;
}

describe('every route', () => {
  let app: TestApp;
  let routes: FastifyRoute[];
  let guarded: Guarded[];
  const tokens = new Map<Role, string>();

  beforeAll(async () => {
    ({ started: app, routes } = await watchRoutes(() => startTestApp()));
    const { body } = await app.call<{ paths: Record<string, Record<string, { 'x-permission'?: Permission }>> }>('/openapi.json');
    const declared = ({ method, url }: FastifyRoute) =>
      body.paths[url.replaceAll(/:(\w+)/g, '{$1}')]?.[(method === 'HEAD' ? 'GET' : method).toLowerCase()]?.['x-permission'];
    guarded = routes.filter(({ url }) => ![...PUBLIC, ...SIGNED, ...ANY_CALLER].includes(url)).map((route) => ({ ...route, permission: declared(route)! }));
    for (const role of Role.options) tokens.set(role, await registryOf(app).token(role));
  });
  afterAll(() => app.stop());

  const named = ({ method, url }: FastifyRoute) => `${method} ${url}`;
  const addressOf = (url: string) => url.replaceAll(/:\w+/g, 'nothing-like-this');

  it('declares a permission, or is public on purpose', () => {
    expect(guarded.length).toBeGreaterThan(40);
    expect(guarded.filter(({ permission }) => !permissions.includes(permission)).map(named)).toEqual([]);
    expect([...new Set(routes.map(({ url }) => url))]).toEqual(expect.arrayContaining([...PUBLIC, ...SIGNED, ...ANY_CALLER]));
  });

  it('is read-only where it is public', () => {
    const methods = routes.filter(({ url }) => PUBLIC.includes(url)).map(({ method }) => method);
    expect([...new Set(methods)].sort()).toEqual(['GET', 'HEAD']);
  });

  it('takes no token, the administrator\'s neither, where a signature is asked for', async () => {
    for (const { method, url } of routes.filter((route) => SIGNED.includes(route.url))) {
      for (const token of [null, app.adminToken]) {
        const { status } = await callFrom(app, '10.0.2.1', url, { method, token, body: [] });
        expect([method, url, status]).toEqual([method, url, 404]); // not configured here
      }
    }
  });

  it('is 401 without a token where any caller may call', async () => {
    for (const { method, url } of routes.filter((route) => ANY_CALLER.includes(route.url))) {
      expect([method, url, (await callFrom(app, '10.0.3.1', url, { method, token: null })).status]).toEqual([method, url, 401]);
    }
  });

  it('has a permission that some role holds, and no permission is without a route', () => {
    const asked = new Set(guarded.map(({ permission }) => permission));
    expect([...asked].sort()).toEqual([...permissions].sort());
    expect(permissions.filter((permission) => !Role.options.some((role) => rolePermissions[role].includes(permission)))).toEqual([]);
  });

  it('is 401 without a token, with an empty one, with another scheme and with a made-up one', async () => {
    const wrong = [undefined, 'Bearer ', `Basic ${Buffer.from(`x:${app.adminToken}`).toString('base64')}`, 'Bearer kt_access_made-up', app.adminToken];
    let address = 0;
    for (const { method, url } of guarded) {
      address += 1;
      for (const authorization of wrong) {
        const answer = await callFrom(app, `10.0.0.${address}`, addressOf(url), { method, token: null, ...(authorization && { headers: { authorization } }) });
        expect([method, url, authorization, answer.status]).toEqual([method, url, authorization, 401]);
        expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      }
    }
  });

  it.each(Role.options)('is 403 to a %s whose role lacks the permission, and open to one who has it', async (role) => {
    for (const { method, url, permission } of guarded) {
      const { status } = await app.call(addressOf(url), { method, token: tokens.get(role)!, ...(method !== 'GET' && method !== 'HEAD' && { body: {} }) });
      const expected = rolePermissions[role].includes(permission) ? expect.not.stringMatching(/^(401|403|5..)$/) : '403';
      expect([method, url, String(status)]).toEqual([method, url, expected]);
    }
  });

  it('keeps machines from reading anything, but for the feed that tells a gateway which keys to refuse', () => {
    const readableTo = (role: 'ingest' | 'gateway' | 'scanner') => guarded.filter(({ method, permission }) => method === 'GET' && rolePermissions[role].includes(permission)).map(named);
    expect([...readableTo('ingest'), ...readableTo('scanner')]).toEqual([]);
    expect(readableTo('gateway')).toEqual(['GET /v1/revocations']);
  });

  it('does not take a token from the address', async () => {
    for (const query of [`access_token=${app.adminToken}`, `token=${app.adminToken}`, `authorization=Bearer%20${app.adminToken}`]) {
      expect((await callFrom(app, '10.0.1.1', `/v1/rules?${query}`, { token: null })).status).toBe(401);
    }
  });

  it('does not exist under another spelling or method', async () => {
    for (const path of ['/V1/rules', '//v1/rules', '/v1//rules', '/v1/rules/', '/v1/rules;x', '/v1/%72ules/x', '/docs/../v1/rules']) {
      expect([path, (await app.call(path, { token: null })).status]).not.toEqual([path, 200]);
    }
    for (const method of ['PUT', 'POST', 'DELETE', 'OPTIONS']) expect((await app.call('/v1/rules', { method })).status).toBe(404);
  });
});
