import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT, exportJWK, generateKeyPair, type CryptoKey, type JWTPayload } from 'jose';
import type { AuditPage, CreatedApiKey } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../support/app.js';
import { callFrom, registryOf } from '../support/registry.js';

/** A caller with a JWT of the configured issuer, whose key set is fetched over HTTP. */
describe('a JSON Web Token', () => {
  let app: TestApp;
  let issuer: Server;
  let url: string;
  let serving = true;
  let privateKey: CryptoKey;
  let key: CreatedApiKey;

  beforeAll(async () => {
    const pair = await generateKeyPair('ES256');
    privateKey = pair.privateKey;
    const jwks = JSON.stringify({ keys: [{ ...await exportJWK(pair.publicKey), kid: 'k1', alg: 'ES256' }] });
    issuer = createServer((_, response) => response.writeHead(serving ? 200 : 500, { 'content-type': 'application/json' }).end(jwks));
    await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`;
    app = await startTestApp({ KEYTRAIL_JWT_ISSUER: url, KEYTRAIL_JWKS_URL: `${url}/jwks.json`, KEYTRAIL_JWT_AUDIENCE: 'keytrail-test' });
    await registryOf(app).workspace('acme');
    key = await registryOf(app).key({ workspace: 'acme' });
  });
  afterAll(async () => {
    await app.stop();
    await new Promise((resolve) => issuer.close(resolve));
  });

  const token = (claims: JWTPayload = {}, kid = 'k1') => new SignJWT({
    sub: 'ada', aud: 'keytrail-test', iss: url, exp: Math.floor(Date.now() / 1000) + 300, keytrail_role: 'admin', keytrail_workspaces: ['acme'], ...claims,
  }).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey);
  const statusOf = async (address: string, path: string, claims: JWTPayload, kid?: string) =>
    (await callFrom(app, address, path, { token: await token(claims, kid) })).status;

  it('says no while the issuer cannot be asked, without blaming the caller, and works once it can', async () => {
    serving = false;
    for (let call = 0; call < 35; call += 1) {
      const answer = await callFrom(app, '10.3.0.1', '/v1/rules', { token: await token() });
      expect(answer).toMatchObject({ status: 503, body: { code: 'key_set_unavailable' } });
      expect(answer.headers.get('retry-after')).toBe('5');
    }
    serving = true;
    expect(await statusOf('10.3.0.1', '/v1/rules', {})).toBe(200);
  });

  it('gives the role and the workspaces it names', async () => {
    const path = `/v1/api-keys/${key.key_id}`;
    expect(await statusOf('10.3.0.2', path, {})).toBe(200);
    expect(await statusOf('10.3.0.2', path, { keytrail_workspaces: ['*'] })).toBe(200);
    expect(await statusOf('10.3.0.2', path, { keytrail_workspaces: ['other'] })).toBe(404);
    expect(await statusOf('10.3.0.2', path, { keytrail_workspaces: [] })).toBe(404);
    expect(await statusOf('10.3.0.2', path, { keytrail_role: 'ingest' })).toBe(403);
    const { body } = await callFrom(app, '10.3.0.2', '/v1/api-keys', { token: await token({ keytrail_workspaces: [] }) });
    expect(body).toEqual({ data: [], next_cursor: null });
  });

  it('is refused when it is for others, from others, too old or without what it must say', async () => {
    const bad: [JWTPayload, string?][] = [
      [{ aud: 'billing' }], [{ iss: 'https://evil.example' }], [{ exp: 1 }], [{ exp: undefined } as never], [{ keytrail_role: undefined }],
      [{ keytrail_workspaces: undefined }], [{ sub: undefined } as never], [{}, 'k2'],
    ];
    for (const [claims, kid] of bad) expect([claims, await statusOf('10.3.0.3', '/v1/rules', claims, kid)]).toEqual([claims, 401]);
  });

  it('counts as a failure of its address when it is bad', async () => {
    for (let call = 0; call < 30; call += 1) await statusOf('10.3.0.4', '/v1/rules', { aud: 'billing' });
    expect(await statusOf('10.3.0.4', '/v1/rules', { aud: 'billing' })).toBe(429);
    expect(await statusOf('10.3.0.4', '/v1/rules', {})).toBe(200);
  });

  it('leaves tokens of our own as they are, and names its subject in the audit trail', async () => {
    expect((await app.call('/v1/rules')).status).toBe(200);
    await app.call(`/v1/api-keys/${key.key_id}`, { method: 'PATCH', body: { name: 'renamed' }, token: await token() });
    const { body } = await app.call<AuditPage>(`/v1/audit-entries?object_id=${key.key_id}`);
    expect(body.data[0]).toMatchObject({ action: 'api_key.changed', actor: 'jwt:ada', workspace_id: 'acme' });
  });
});
