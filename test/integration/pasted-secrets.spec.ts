import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AuditPage, BulkPlan, Containment, CreatedApiKey, Replacement } from '@keytrail/contracts';
import { Database } from '@keytrail/postgres';
import { startTestApp, type TestApp } from '../support/app.js';
import { registryOf, type TestRegistry } from '../support/registry.js';

// In a hurry people paste the key itself: as the reason, into a note, for an id. None of it may stay where nothing can be deleted.
describe('secrets that people paste', () => {
  let app: TestApp;
  let registry: TestRegistry;
  beforeAll(async () => {
    app = await startTestApp();
    registry = registryOf(app);
  });
  afterAll(() => app?.stop());

  const audited = async () => JSON.stringify((await app.call<AuditPage>('/v1/audit-entries?limit=1000')).body);
  const told = ({ secret, hint }: CreatedApiKey) => `found ${secret.slice(0, 7)}…${hint} in a wiki`;

  it('are cut to their hint in the reason of a replacement, and everywhere it is told', async () => {
    const key = await registry.key();
    const { body } = await app.call<Replacement>(`/v1/api-keys/${key.key_id}/revoke-and-replace`, { body: { reason: `found ${key.secret} in a wiki` } });
    expect(body.revoked?.revoke_reason).toBe(told(key));
    expect((await app.call<Containment>(`/v1/containments/${body.containment_id}`)).body.reason).toBe(told(key));
    expect(await audited()).toContain(told(key));
    expect(await audited()).not.toContain(key.secret);
  });

  it('are cut in the reason of a revocation, which stands in a query', async () => {
    const key = await registry.key();
    await app.call(`/v1/api-keys/${key.key_id}?reason=${encodeURIComponent(`found ${key.secret} in a wiki`)}`, { method: 'DELETE' });
    expect((await app.call(`/v1/api-keys/${key.key_id}`)).body).toMatchObject({ revoke_reason: told(key) });
    expect(await audited()).not.toContain(key.secret);
  });

  it('leave no trace in the audit trail when they are taken for the id of a key', async () => {
    const key = await registry.key();
    for (const path of [`/v1/request-logs?key_id=${key.secret}`, `/v1/api-keys/${key.secret}/activity`]) await app.call(path);
    const order = { action: 'revoke', reason: 'leaked', target: { keys: [key.key_id, key.secret] } };
    const plan = (await app.call<BulkPlan>('/v1/bulk-containments', { body: order })).body;
    expect((await app.call('/v1/bulk-containments', { body: { ...order, plan_token: plan.plan_token } })).body).toMatchObject({ done: 1 });
    expect(await audited()).toContain('request_logs.searched');
    expect(await audited()).not.toContain(key.secret);
  });

  it('are refused as names', async () => {
    const { secret, key_id } = await registry.key();
    const owner_id = await registry.owner();
    for (const [path, body, method] of [
      ['/v1/api-keys', { workspace: 'default', service: 'payments', owner_id, name: secret }, 'POST'], [`/v1/api-keys/${key_id}`, { name: `x ${secret}` }, 'PATCH'],
      ['/v1/owners', { name: 'Payments', kind: 'team', contact: secret }, 'POST'], ['/v1/workspaces', { name: secret, environment: 'test' }, 'POST'],
    ] as const) {
      const answer = await app.call(path, { body, method });
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
      expect(JSON.stringify(answer.body)).not.toContain(secret);
    }
  });

  it('are in no table afterwards', async () => {
    const key = await registry.key();
    await app.call(`/v1/api-keys/${key.key_id}/revoke-and-replace`, { body: { reason: key.secret }, headers: { 'idempotency-key': 'pasted' } });
    const database = app.standalone.app.get(Database, { strict: false });
    for (const table of ['audit_entries', 'containments', 'credentials', 'idempotent_calls'] as const) {
      expect(JSON.stringify(await database.selectFrom(table).selectAll().execute())).not.toContain(key.secret);
    }
  });
});
