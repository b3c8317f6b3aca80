import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CreatedApiKey, Finding, FindingPage, IncidentPage, IssuedPublicKey, IssuedWorkspaceKey, RuleList } from '@keytrail/contracts';
import { PolicyChecks } from '@keytrail/credentials';
import { Sweep } from '@keytrail/detection';
import { startTestApp, type TestApp } from '../support/app.js';
import { databaseOf, newName } from '../support/request-lines.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Rules over real intake, stores and ticks, at least one for each kind of data they need. */
describe('the rules, from a request log to a finding', () => {
  let app: TestApp;
  let owner: string;
  beforeAll(async () => {
    app = await startTestApp();
    owner = (await app.call<{ owner_id: string }>('/v1/owners', { body: { name: 'Payments', kind: 'team', contact: '#payments' } })).body.owner_id;
  });
  afterAll(() => app.stop());

  const issue = async <Key = CreatedApiKey>(path = 'api-keys', workspace = 'default'): Promise<Key> =>
    (await app.call<Key>(`/v1/${path}`, { body: { workspace, service: newName('svc'), owner_id: owner } })).body;
  const line = (fields: Record<string, unknown>) => ({
    time: Date.now(), request_id: newName('r'), method: 'GET', path: '/orders', route: '/orders', status: 200, address: '192.0.2.10', user_agent: 'acme-sdk/1.2', ...fields,
  });
  const send = async (...lines: object[]) => {
    const { body, status } = await app.call('/v1/request-logs', { body: lines.map((one) => JSON.stringify(one)).join('\n') });
    expect({ status, body }).toMatchObject({ status: 200, body: { stored: lines.length } });
    await app.detect();
  };
  const findings = async (query: string): Promise<Finding[]> => (await app.call<FindingPage>(`/v1/findings?limit=1000&${query}`)).body.data;
  const rulesOf = async (key: string) => (await findings(`key_id=${key}`)).map(({ rule_id }) => rule_id).sort();

  it('finds nothing in ordinary calls', async () => {
    const { key_id } = await issue();
    await send(...Array.from({ length: 50 }, (_, index) => line({ key_id, time: Date.now() - index * 1_000, environment: 'production', gateway_node: 'gw-1', bytes_out: 900 })));
    expect(await findings(`key_id=${key_id}`)).toEqual([]);
  });

  it('flags a secret key in a page once, however long it goes on', async () => {
    const { key_id } = await issue();
    for (const minutes of [50, 30, 1]) await send(line({ key_id, time: Date.now() - minutes * MINUTE, origin: 'https://shop.example' }));
    expect(await findings(`key_id=${key_id}`)).toMatchObject([{ rule_id: 'secret-in-browser', severity: 'high', summary: expect.stringContaining('https://shop.example') }]);
    expect((await app.call<IncidentPage>(`/v1/incidents?key_id=${key_id}`)).body.data).toHaveLength(1);
  });

  it('flags a staging key that a production gateway took', async () => {
    const workspace = newName('ws');
    await app.call('/v1/workspaces', { body: { workspace_id: workspace, name: 'Staging', environment: 'staging' } });
    const { key_id } = await issue('api-keys', workspace);
    await send(line({ key_id, environment: 'staging' }));
    expect(await rulesOf(key_id)).toEqual([]);
    await send(line({ key_id, environment: 'production' }));
    expect(await findings(`key_id=${key_id}`)).toMatchObject([{ rule_id: 'environment-mismatch', severity: 'high' }]);
  });

  it('flags the secret of a workspace key on the wire, and keeps it nowhere', async () => {
    const { key_id, secret } = await issue<IssuedWorkspaceKey>('workspace-keys');
    await send(line({ key: secret, status: 401 }));
    expect(await rulesOf(key_id)).toContain('workspace-secret-on-wire');
    expect(JSON.stringify(await findings(`key_id=${key_id}`))).not.toContain(secret);
  });

  it('flags a public key that was taken without a user token where one is needed', async () => {
    const workspace = newName('ws');
    await app.call('/v1/workspaces', { body: { workspace_id: workspace, name: 'Strict', environment: 'production', enhanced_security: true } });
    const { key_id } = await issue<IssuedPublicKey>('public-keys', workspace);
    await send(line({ key_id, attributes: { user_token_present: true } }), line({ key_id, status: 401, refusal_reason: 'user_token_required', attributes: { user_token_present: false } }));
    expect(await rulesOf(key_id)).toEqual([]);
    await send(line({ key_id, attributes: { user_token_present: false } }));
    expect(await rulesOf(key_id)).toEqual(['user-token-missing']);
  });

  it('flags a user token that should not have been taken, by its claims', async () => {
    const { key_id } = await issue<IssuedPublicKey>('public-keys');
    const seconds = Math.floor(Date.now() / 1000);
    await send(line({ key_id, attributes: { jwt_alg: 'ES256', jwt_iat: seconds, jwt_exp: seconds + 600, jwt_entity_type: 'subscriber', jwt_entity_id: 'sub-1' } }));
    expect(await rulesOf(key_id)).toEqual([]);
    await send(line({ key_id, attributes: { jwt_alg: 'none', jwt_iat: seconds, jwt_exp: seconds + 600 } }));
    expect(await findings(`key_id=${key_id}`)).toMatchObject([{ rule_id: 'user-token-anomaly', summary: '1 call with user tokens that should not exist were taken: signed with none' }]);
  });

  it('adds up calls for other tenants over ticks', async () => {
    const { key_id } = await issue();
    const refused = (tenant: string) => line({ key_id, status: 403, tenant, refusal_reason: 'tenant_mismatch' });
    for (const tenant of ['a', 'b', 'c', 'd']) await send(refused(tenant));
    expect(await rulesOf(key_id)).toEqual([]);
    await send(refused('e'));
    expect(await findings(`key_id=${key_id}`)).toMatchObject([{ rule_id: 'tenant-mismatch', severity: 'high', evidence: { counts: { requests: 5, tenants: 5 } } }]);
  });

  it('flags a key that wakes after a hundred days', async () => {
    const { key_id } = await issue();
    await send(line({ key_id, time: Date.now() - 100 * DAY }));
    await send(line({ key_id }));
    expect(await rulesOf(key_id)).toEqual(['dormant-key']);
  });

  it('flags five keys that one new address begins to use', async () => {
    const keys = await Promise.all(Array.from({ length: 5 }, () => issue()));
    await send(...keys.map(({ key_id }) => line({ key_id, time: Date.now() - 3 * DAY })));
    for (const { key_id } of keys) await send(line({ key_id, address: '203.0.113.77' }));
    const found = await findings('rule_id=caller-of-many-keys');
    expect(found).toMatchObject([{ key_id: '', addresses: ['203.0.113.77'], evidence: { counts: { keys: 5 } } }]);
  });

  it('learns what a key does, and tells of a route it never called without opening an incident', async () => {
    const { key_id } = await issue();
    await send(...Array.from({ length: 600 }, (_, index) => line({ key_id, address: '192.0.2.200', time: Date.now() - 10 * DAY + index * 20 * MINUTE })));
    await send(line({ key_id, address: '192.0.2.200', route: '/admin/users', path: '/admin/users' }));
    expect(await findings(`key_id=${key_id}`)).toMatchObject([{ rule_id: 'new-route', severity: 'low', incident_id: null }]);
    expect((await app.call<IncidentPage>(`/v1/incidents?key_id=${key_id}`)).body.data).toEqual([]);
  });

  it('raises a critical alarm when a canary is used, refused or not, and only then', async () => {
    const canary = (await app.call<CreatedApiKey>('/v1/api-keys', { body: { workspace: 'default', service: newName('bait'), owner_id: owner, canary: true } })).body;
    expect(canary).toMatchObject({ canary: true });
    const plain = await issue();
    await send(line({ key: canary.secret, status: 401 }), line({ key: plain.secret }));
    expect(await findings(`key_id=${canary.key_id}`)).toMatchObject([{ rule_id: 'canary-key', severity: 'critical' }]);
    expect(await findings(`key_id=${plain.key_id}`)).toEqual([]);
    expect((await app.call(`/v1/api-keys/${plain.key_id}`, { method: 'PATCH', body: { canary: true } })).body).toMatchObject({ canary: true });
    await send(line({ key: plain.secret }));
    expect(await rulesOf(plain.key_id)).toEqual(['canary-key']);
  });

  it('flags the use of a key after its leak was reported, in the incident of the leak', async () => {
    const { key_id, secret } = await issue();
    await send(line({ key_id, time: Date.now() - MINUTE }));
    expect(await rulesOf(key_id)).toEqual([]);
    expect((await app.call('/v1/leaks', { body: { source: 'a-test', items: [{ token: secret }] } })).status).toBeLessThan(300);
    await send(line({ key_id, time: Date.now() + 1_000 }));
    expect(await rulesOf(key_id)).toEqual(['leaked-key', 'leaked-key-use']);
    expect(new Set((await findings(`key_id=${key_id}`)).map(({ incident_id }) => incident_id)).size).toBe(1);
  });

  it('flags a key that was sent in a path, and an attack tool', async () => {
    const [shown, scanned] = [await issue(), await issue()];
    await send(line({ path: `/orders?apikey=${shown.secret}` }), line({ key_id: scanned.key_id, user_agent: 'sqlmap/1.8' }));
    const found = await findings(`key_id=${shown.key_id}`);
    expect(found).toMatchObject([{ rule_id: 'secret-in-log', summary: expect.stringMatching(/in the field path: fp_/) }]);
    expect(JSON.stringify(found)).not.toContain(shown.secret);
    expect(await rulesOf(scanned.key_id)).toEqual(['listed-caller']);
    const [named, caller] = [await issue(), await issue()];
    await send(line({ key: caller.secret, attributes: { x_debug: `upstream used ${named.secret}`, apikey: caller.secret } }));
    expect(await findings(`key_id=${named.key_id}`)).toEqual([]);
    expect(await findings(`key_id=${caller.key_id}`)).toMatchObject([{ rule_id: 'secret-in-log', summary: expect.stringContaining('attributes.x_debug') }]);
  });

  describe('about what did not happen', () => {
    const sweep = async () => {
      await app.standalone.app.get(Sweep, { strict: false }).run();
      await app.detect();
    };

    it('tells of a leaked key that is still good after half an hour, once, in the incident of the leak', async () => {
      const own = (await app.call<{ owner_id: string }>('/v1/owners', { body: { name: newName('Own'), kind: 'team', contact: '#own' } })).body.owner_id;
      const { key_id } = (await app.call<CreatedApiKey>('/v1/api-keys', { body: { workspace: 'default', service: newName('svc'), owner_id: own } })).body;
      await app.call('/v1/leaks', { body: { source: 'a-test', items: [{ key_id }] } });
      await sweep();
      expect(await rulesOf(key_id)).toEqual(['leaked-key']);
      await databaseOf(app).updateTable('leaked_keys').set({ at: new Date(Date.now() - 31 * MINUTE) }).where('key_id', '=', key_id).execute();
      await sweep();
      await sweep();
      expect(await rulesOf(key_id)).toEqual(['leak-not-contained', 'leaked-key']);
      expect(new Set((await findings(`key_id=${key_id}`)).map(({ incident_id }) => incident_id)).size).toBe(1);
    });

    it('makes one finding of all keys of an owner who left, outside of incidents', async () => {
      const gone = (await app.call<{ owner_id: string }>('/v1/owners', { body: { name: newName('Gone'), kind: 'person', contact: 'gone@acme.example' } })).body.owner_id;
      for (const service of [newName('a'), newName('b')]) await app.call('/v1/api-keys', { body: { workspace: 'default', service, owner_id: gone } });
      await app.call(`/v1/owners/${gone}`, { method: 'PATCH', body: { status: 'left' } });
      await app.standalone.app.get(PolicyChecks, { strict: false }).checkAll();
      await sweep();
      await sweep();
      const found = (await findings('rule_id=owner-gone')).filter(({ principal }) => principal.startsWith('Gone'));
      expect(found).toMatchObject([{ severity: 'medium', key_id: '', incident_id: null, evidence: { counts: { keys: 2, breaches: 2 } } }]);
    });

    it('tells of a gateway that was heard of for days and then no more', async () => {
      const node = newName('gw');
      const { key_id } = await issue();
      await send(line({ key_id, gateway_node: node }));
      await sweep();
      const ago = (minutes: number) => new Date(Date.now() - minutes * MINUTE);
      await databaseOf(app).updateTable('log_sources').set({ first_seen: ago(3 * 24 * 60), last_seen: ago(5) }).where('node', '=', node).execute();
      await databaseOf(app).updateTable('log_sources').set({ first_seen: ago(3 * 24 * 60) }).where('node', '!=', node).execute();
      await sweep();
      expect(await findings('rule_id=log-silence')).toEqual([]);
      await databaseOf(app).updateTable('log_sources').set({ last_seen: ago(20), longest_gap_s: 60 }).where('node', '=', node).execute();
      await sweep();
      await sweep();
      expect(await findings('rule_id=log-silence')).toMatchObject([{ severity: 'medium', summary: expect.stringContaining(node) }]);
    });
  });

  it('says of each rule what it needs and what sets it off by mistake', async () => {
    const { data } = (await app.call<RuleList>('/v1/rules')).body;
    expect(data.find(({ id }) => id === 'secret-in-browser')).toMatchObject({ incident: 'opens', fields: expect.arrayContaining(['key_id']), false_positives: expect.any(String) });
  });
});
