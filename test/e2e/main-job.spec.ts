import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CreatedApiKey, Incident, IncidentPage, IntakeResult, Introspection, Replacement, RequestLogPage } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../support/app.js';

/** What Keytrail is for, once through, over HTTP. */
describe('the main job', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.stop());

  it('goes from request logs to an incident with its owner, and from one call to a key that is refused', async () => {
    const owner = await app.call<{ owner_id: string }>('/v1/owners', { body: { name: 'Payments', kind: 'team', contact: '#payments' } });
    const key = (await app.call<CreatedApiKey>('/v1/api-keys', {
      body: { workspace: 'default', service: 'payments', owner_id: owner.body.owner_id, scopes: ['orders:read'] },
    })).body;
    const now = Date.now();
    const line = (index: number) => ({
      time: now - 60_000 + index * 100, request_id: `burst-${index}`, key: key.secret, method: 'GET', path: `/orders/${index}`, status: 403,
      address: '203.0.113.9', user_agent: 'python-requests/2.32',
    });
    const intake = await app.call<IntakeResult>('/v1/request-logs', { body: Array.from({ length: 40 }, (_, index) => line(index)) });
    expect(intake).toMatchObject({ status: 200, body: { received: 40, stored: 40, dead_lettered: 0 } });

    const logs = await app.call<RequestLogPage>('/v1/request-logs/burst-7');
    expect(logs.body.data).toEqual([expect.objectContaining({ key_id: key.key_id, key_fingerprint: key.fingerprint, outcome: 'forbidden' })]);
    expect(JSON.stringify(logs.body)).not.toContain(key.secret);

    await app.detect();
    const incidents = await app.call<IncidentPage>(`/v1/incidents?key_id=${key.key_id}`);
    expect(incidents.body.data).toHaveLength(1);
    const found = incidents.body.data[0]!;
    expect(found).toMatchObject({ state: 'open', severity: 'high', rule_ids: ['denied-burst'], owner: { name: 'Payments', contact: '#payments' } });

    const replaced = await app.call<Replacement>(`/v1/api-keys/${key.key_id}/revoke-and-replace`, {
      body: { reason: 'stolen', incident_id: found.incident_id },
    });
    expect(replaced.body).toMatchObject({
      revoked: { key_id: key.key_id, state: 'revoked' },
      replacement: { state: 'active', scopes: ['orders:read'], replaces: key.key_id, owner: { name: 'Payments' } },
    });
    const introspect = async (token: string) => (await app.call<Introspection>('/v1/introspect', { body: { token } })).body;
    expect(await introspect(key.secret)).toMatchObject({ active: false, reason: 'revoked', key_id: key.key_id });
    expect(await introspect(replaced.body.secret!)).toMatchObject({ active: true, scope: 'orders:read' });

    const incident = await app.call<Incident>(`/v1/incidents/${found.incident_id}`);
    expect(incident.body).toMatchObject({ state: 'contained', evidence: [{ rule_id: 'denied-burst', evidence: { seen: 40 } }] });
    expect(incident.body.timeline.map(({ kind }) => kind)).toEqual(['key', 'opened', 'finding', 'action', 'state', 'key']);
  });
});
