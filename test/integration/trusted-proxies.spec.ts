import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AuditPage } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../support/app.js';
import { callFrom } from '../support/registry.js';

describe('a client behind a proxy', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ KEYTRAIL_TRUSTED_PROXIES: '10.9.0.0/16, fd00::1' });
  });
  afterAll(() => app.stop());

  it('is known by its own address, to the limit and to the audit trail, when the proxy is trusted', async () => {
    const from = (client: string, proxy = '10.9.0.1') => (token: string) => callFrom(app, proxy, '/v1/rules', { token, headers: { 'x-forwarded-for': `198.51.100.1, ${client}` } });
    for (let call = 0; call < 31; call += 1) await from('192.0.2.1')('guess');
    expect((await from('192.0.2.1', 'fd00::1')('guess')).status).toBe(429);
    expect((await from('192.0.2.2')('guess')).status).toBe(401);
    const made = await callFrom<{ owner_id: string }>(app, '10.9.0.1', '/v1/owners', {
      body: { name: 'proxied', kind: 'team', contact: 'c' }, headers: { 'x-forwarded-for': '198.51.100.1, 192.0.2.3' },
    });
    const { body } = await app.call<AuditPage>(`/v1/audit-entries?object_id=${made.body.owner_id}`);
    expect(body.data).toMatchObject([{ actor_address: '192.0.2.3' }]);
  });

  it('is not believed when it only says so', async () => {
    const headers = (call: number) => ({ 'x-forwarded-for': `192.0.2.${call}` });
    for (let call = 0; call < 31; call += 1) await callFrom(app, '10.8.0.1', '/v1/rules', { token: 'guess', headers: headers(call) });
    expect((await callFrom(app, '10.8.0.1', '/v1/rules', { token: 'guess', headers: headers(99) })).status).toBe(429);
  });
});
