import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Finding, FindingPage } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../../test/support/app.js';
import { databaseOf, newName } from '../../test/support/request-lines.js';
import { CustomRuleStore } from './custom/custom-rule.store.js';
import { ObjectUseStore } from './object-use.store.js';
import { RequestReuseStore } from './request-reuse.store.js';
import { leakNotContained } from './rules/leak-not-contained.js';
import { listedCaller } from './rules/listed-caller.js';
import { tenantMismatch } from './rules/tenant-mismatch.js';
import { Sweep } from './sweep.service.js';

const broken = () => {
  throw new TypeError('broken on purpose');
};

/** One rule must not silence the others, whatever it is asked by. */
describe('a rule that throws', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  afterAll(() => app.stop());

  const send = async (...lines: object[]) => {
    const body = lines.map((line) => JSON.stringify({ time: Date.now(), request_id: newName('r'), method: 'GET', path: '/orders', status: 200, address: '192.0.2.10', ...line })).join('\n');
    expect((await app.call('/v1/request-logs', { body })).status).toBe(200);
    await app.detect();
  };
  const rulesOf = async (key: string) => (await app.call<FindingPage>(`/v1/findings?key_id=${key}`)).body.data.map(({ rule_id }: Finding) => rule_id).sort();
  const failures = async (rule: string): Promise<number> =>
    Number(new RegExp(`keytrail_rule_failures_total\\{rule="${rule}"\\} (\\d+)`).exec(String((await app.call('/metrics')).body))?.[1] ?? 0);
  const bad = (key_id: string) => ({ key_id, credential_kind: 'service_token', user_agent: 'PostmanRuntime/7.43 sqlmap/1.8' });

  it('over activity is reported and left out; the others are asked, and the tick goes on', async () => {
    jest.spyOn(listedCaller, 'decide').mockImplementation(broken);
    await send(bad('activity'));
    expect([await rulesOf('activity'), await failures('listed-caller')]).toEqual([['machine-credential-by-hand'], 1]);
    jest.restoreAllMocks();
    await send(bad('activity-later'));
    expect(await rulesOf('activity-later')).toEqual(['listed-caller', 'machine-credential-by-hand']);
  });

  it('when it is asked whether something concerns it is left out as well', async () => {
    jest.spyOn(tenantMismatch, 'concerns').mockImplementation(broken);
    // Of calls that went well and bear no sign it is not asked.
    await send({ ...bad('concerned'), status: 502 });
    expect(await rulesOf('concerned')).toEqual(['listed-caller', 'machine-credential-by-hand']);
    expect(await failures('tenant-mismatch')).toBeGreaterThan(0);
  });

  it('because its question fails in the store is left out as well', async () => {
    jest.spyOn(RequestReuseStore.prototype, 'arrived').mockRejectedValue(new Error('the store is busy'));
    jest.spyOn(ObjectUseStore.prototype, 'usual').mockRejectedValue(new Error('the store is busy'));
    await send(bad('asking'), ...Array.from({ length: 60 }, (_, at) => ({ key_id: 'asking', path: `/orders/${at}` })));
    expect(await rulesOf('asking')).toEqual(['listed-caller', 'machine-credential-by-hand']);
    expect([await failures('request-replayed'), await failures('object-enumeration')]).toEqual([1, 1]);
  });

  it('of a sweep is left out; the others are asked', async () => {
    const owner_id = (await app.call<{ owner_id: string }>('/v1/owners', { body: { name: newName('Own'), kind: 'team', contact: '#own' } })).body.owner_id;
    const { key_id } = (await app.call<{ key_id: string }>('/v1/api-keys', { body: { workspace: 'default', service: newName('svc'), owner_id } })).body;
    const sweep = () => app.standalone.app.get(Sweep, { strict: false }).run();
    await sweep();
    await app.call('/v1/leaks', { body: { source: 'a-test', items: [{ key_id }] } });
    await databaseOf(app).updateTable('leaked_keys').set({ at: new Date(Date.now() - 31 * 60_000) }).where('key_id', '=', key_id).execute();
    await app.call(`/v1/api-keys/${key_id}`, { method: 'PATCH', body: { scopes: ['orders:write'] } });
    jest.spyOn(leakNotContained, 'decide').mockImplementation(broken);
    await sweep();
    expect([await rulesOf(key_id), await failures('leak-not-contained')]).toEqual([['leaked-key', 'scope-raised'], 1]);
    jest.restoreAllMocks();
    await sweep();
    expect(await rulesOf(key_id)).toContain('leak-not-contained');
  });

  it('of one\'s own is left out; the others of one\'s own are asked', async () => {
    const add = (id: string) => app.call('/v1/custom-rules', { body: { source: `title: ${id}\nid: ${id}\nlevel: low\ndetection:\n  s: {path: /teapot}\n  condition: s\n` } });
    for (const id of ['breaks', 'works']) expect((await add(id)).status).toBe(201);
    const { fitting } = CustomRuleStore.prototype;
    jest.spyOn(CustomRuleStore.prototype, 'fitting').mockImplementation(function (this: CustomRuleStore, rule, span) {
      return rule.id === 'breaks' ? Promise.reject(new Error('broken on purpose')) : fitting.call(this, rule, span);
    });
    await send({ ...bad('own'), path: '/teapot' });
    expect([await rulesOf('own'), await failures('custom-breaks')]).toEqual([['custom-works', 'listed-caller', 'machine-credential-by-hand'], 1]);
  });
});
