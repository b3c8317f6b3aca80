import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Overlaps } from '@keytrail/containment';
import type { AuditPage, BlastRadius, Containment, Problem } from '@keytrail/contracts';
import { startTestApp, type Answer, type TestApp } from '../support/app.js';
import { issueKey, keyKinds, type IssuedKey, type KindUnderTest } from '../support/key-kinds.js';
import { registryOf, type TestRegistry } from '../support/registry.js';
import { clickhouseOf, databaseOf, nativeLine, ndjson } from '../support/request-lines.js';

let app: TestApp;
let registry: TestRegistry;

type Replaced = Record<string, string | null> & { containment_id: string; revoked: IssuedKey | null; replacement: IssuedKey; sealed: string | null; replayed: boolean; overlap_ends_at: string | null };
type Refusable<T> = Answer<T & Problem & { containment_id: string; reasons: { code: string }[] }>;

const post = <T>(path: string, body: object): Promise<Refusable<T>> => app.call(path, { body });
const replace = (kind: KindUnderTest, keyId: string, body: object = {}) =>
  post<Replaced>(`${kind.path}/${keyId}/revoke-and-replace`, { reason: 'leaked', ...body });
const rotate = (kind: KindUnderTest, keyId: string, body: object = {}) => post<Replaced>(`${kind.path}/${keyId}/rotate`, { overlap: 3600, ...body });
const containment = (id: string): Promise<Refusable<Containment>> => app.call(`/v1/containments/${id}`);
const end = (id: string, how: 'complete' | 'cancel', body: object = {}) => post<Containment>(`/v1/containments/${id}/${how}`, body);
const keyOf = async (kind: KindUnderTest, id: string) => (await app.call<IssuedKey>(`${kind.path}/${id}`)).body;
const entriesOf = async (id: string) => (await app.call<AuditPage>(`/v1/audit-entries?object_id=${id}`)).body.data.map(({ action }) => action);
const log = (...lines: object[]) => app.call('/v1/request-logs', { body: ndjson(lines.map((line) => nativeLine({ workspace: 'default', ...line }))) });
const [apiKey, serviceToken] = keyKinds as [KindUnderTest, KindUnderTest];
const issue = (kind: KindUnderTest = apiKey, fields: Record<string, unknown> = {}) => issueKey(app, registry, kind, fields);
/** Moves the end of an overlap into the past, and its start with it. */
const letEnd = (id: string) => databaseOf(app).updateTable('containments').set({ overlap_ends_at: new Date(Date.now() - 1), started_at: new Date(Date.now() - 900_000) }).where('containment_id', '=', id).execute();
const lookAfter = async () => expect(await app.standalone.app.get(Overlaps, { strict: false }).lookAfterAll()).toEqual([]);

describe('containment by evidence', () => {
  beforeAll(async () => {
    app = await startTestApp();
    registry = registryOf(app);
  });
  afterAll(() => app.stop());

  it('tells before a revocation what it would break, and that it cannot be undone', async () => {
    const owner_id = await registry.owner();
    const [key, sibling, stranger] = [await issue(apiKey, { owner_id }), await issue(serviceToken, { owner_id, name: 'sibling' }), await issue(apiKey)];
    const day = 86_400_000;
    const now = Date.now();
    const one = { key_id: key.key_id, time: now, address: '192.0.2.7', user_agent: 'orders/1.4 (node 20.1.0)', tenant: 'acme', path: '/orders?x=1' };
    await log(
      one, { ...one, address: '192.0.2.200', method: 'POST' }, { ...one, time: now - 3 * day }, { ...one, time: now - 20 * day }, { ...one, status: 403 },
      { ...one, address: '2001:db8:1:2::9', user_agent: undefined, tenant: undefined, route: '/invoices/:id' },
      { ...one, key_id: sibling.key_id, address: '192.0.2.99' }, { ...one, key_id: stranger.key_id }, { ...one, time: now - 40 * day, address: '198.51.100.1' },
    );
    const { status, body } = await app.call<BlastRadius>(`/v1/api-keys/${key.key_id}/blast-radius`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      state: 'active', volume: { last_24h: 4, last_7d: 5, last_30d: 6 }, callers_total: 2, sample: { requests: 6, complete: true },
      owner: { owner_id, status: 'active', can_receive_sealed: false }, undo: { possible: false },
      shared_with: [{ key_id: sibling.key_id, kind: 'service_token', name: 'sibling', shared_callers: 1 }],
    });
    expect(body.callers).toEqual([
      expect.objectContaining({ network: '192.0.2.0/24', user_agent: 'orders/1.4 (node 20.1.0)', runtime: { name: 'orders', version: '1.4', kind: 'program', platform: 'node 20.1.0' }, addresses: 2, requests: 5, denied: 1 }),
      expect.objectContaining({ network: '2001:db8:1::/48', user_agent: '', addresses: 1, requests: 1 }),
    ]);
    expect(body.routes.map(({ method, route, requests }) => [method, route, requests])).toEqual([['GET', '/orders', 4], ['GET', '/invoices/:id', 1], ['POST', '/orders', 1]]);
    expect(body.tenants.map(({ tenant, requests }) => [tenant, requests])).toEqual([['acme', 5], ['', 1]]);
    expect([body.last_seen, body.callers[0]!.last_seen]).toEqual([new Date(now).toISOString(), new Date(now).toISOString()]);
    expect((await app.call<BlastRadius>(`/v1/api-keys/${(await issue()).key_id}/blast-radius`)).body).toMatchObject({ callers: [], last_seen: null, routes: [], shared_with: [], sample: { from: null } });
    expect((await app.call(`/v1/service-tokens/${key.key_id}/blast-radius`)).status).toBe(404);
  });

  it('says who has moved, and is not completed before all have, unless by force', async () => {
    const { key_id } = await issue();
    const callers = ['192.0.2.1', '198.51.100.1', '203.0.113.1'].map((address, index) => ({ address, user_agent: `caller-${index}/1` }));
    await log(...callers.map((caller) => ({ ...caller, key_id })));
    const { containment_id, replacement } = (await rotate(apiKey, key_id)).body;
    await letEnd(containment_id);
    await databaseOf(app).updateTable('containments').set({ overlap_ends_at: new Date(Date.now() + 60_000) }).where('containment_id', '=', containment_id).execute();
    const [a, b] = callers as [object, object];
    await log({ ...a, key_id: replacement.key_id, time: Date.now() - 1_000 }, { ...b, key_id, time: Date.now() - 1_000 });
    const state = async () => (await containment(containment_id)).body.overlap!;
    // The third one's only request, a minute ago, came while both keys lived.
    expect(await state()).toMatchObject({ safe_to_revoke: false, on_overlap_end: 'keep-and-warn', reasons: [{ code: 'caller_not_moved', callers: 2 }, { code: 'caller_on_both', callers: 1 }] });
    expect(await end(containment_id, 'complete')).toMatchObject({ status: 409, body: { code: 'not_safe_to_revoke', reasons: [{ code: 'caller_not_moved' }, { code: 'caller_on_both' }] } });
    expect((await keyOf(apiKey, key_id)).state).toBe('active');
    expect(await end(containment_id, 'complete', { force: true, reason: 'enough' })).toMatchObject({ status: 200, body: { state: 'contained', overlap: null } });
    expect(await keyOf(apiKey, key_id)).toMatchObject({ state: 'revoked', replaced_by: replacement.key_id, revoke_reason: 'enough' });
  });

  it('does at the end of an overlap what was ordered for callers that have not moved', async () => {
    const outcome = async (order: object, traffic: 'moved' | 'stuck') => {
      const { key_id } = await issue();
      const { containment_id, replacement } = (await rotate(apiKey, key_id, order)).body;
      await letEnd(containment_id);
      await log({ key_id: traffic === 'stuck' ? key_id : replacement.key_id });
      await lookAfter();
      await lookAfter();
      const { state, overlap, ended_by, overlap_ends_at } = (await containment(containment_id)).body;
      expect((await keyOf(apiKey, key_id)).state).toBe(state === 'contained' ? 'revoked' : 'active');
      return [state, ended_by, overlap?.extensions, typeof overlap?.warned_at, Date.parse(overlap_ends_at!) > Date.now(), (await entriesOf(containment_id))[0]];
    };
    expect(await outcome({}, 'stuck')).toEqual(['overlap', null, 0, 'string', false, 'containment.overlap_ended']);
    expect(await outcome({}, 'moved')).toEqual(['contained', 'keytrail', undefined, 'undefined', false, 'containment.completed']);
    expect(await outcome({ on_overlap_end: 'revoke' }, 'stuck')).toEqual(['contained', 'keytrail', undefined, 'undefined', false, 'containment.completed']);
    expect(await outcome({ on_overlap_end: 'extend' }, 'stuck')).toEqual(['overlap', null, 1, 'object', true, 'containment.extended']);
  });

  it('completes by itself as soon as all have moved, if that was asked for', async () => {
    for (const complete_when_safe of [true, false]) {
      const { key_id } = await issue();
      await log({ key_id, time: Date.now() - 3_600_000 });
      const { containment_id, replacement } = (await rotate(apiKey, key_id, { complete_when_safe })).body;
      await lookAfter();
      expect((await containment(containment_id)).body).toMatchObject({ state: 'overlap', overlap: { reasons: [{ code: 'caller_silent' }] } });
      await log({ key_id: replacement.key_id, time: Date.now() });
      await lookAfter();
      expect((await containment(containment_id)).body.state).toBe(complete_when_safe ? 'contained' : 'overlap');
    }
  });

  it('lets the old key live for a grace, and no longer', async () => {
    const { key_id } = await issue();
    const { containment_id, revoked } = (await replace(apiKey, key_id, { grace: 600 })).body;
    await lookAfter();
    expect([revoked, (await keyOf(apiKey, key_id)).state]).toEqual([null, 'active']);
    await letEnd(containment_id);
    await log({ key_id });
    await lookAfter();
    expect((await keyOf(apiKey, key_id)).state).toBe('revoked');
  });

  it('takes note when one of the two keys is revoked by itself', async () => {
    const [key, other] = [await issue(), await issue()];
    const first = (await rotate(apiKey, key.key_id)).body;
    await app.call(`/v1/api-keys/${key.key_id}`, { method: 'DELETE' });
    expect(await end(first.containment_id, 'cancel')).toMatchObject({ status: 409, body: { code: 'containment_completed' } });
    expect((await containment(first.containment_id)).body).toMatchObject({ state: 'contained', revoked_at: (await keyOf(apiKey, key.key_id)).revoked_at });
    const second = (await rotate(apiKey, other.key_id, { on_overlap_end: 'revoke' })).body;
    await app.call(`/v1/api-keys/${second.replacement.key_id}`, { method: 'DELETE' });
    await letEnd(second.containment_id);
    await lookAfter();
    expect((await keyOf(apiKey, other.key_id)).state).toBe('active');
    expect((await containment(second.containment_id)).body).toMatchObject({ state: 'overlap', next: expect.stringContaining('cancel'), overlap: { reasons: [{ code: 'successor_not_active' }] } });
  });

  it('proves a revocation by node and follows each caller, to the successor of the successor', async () => {
    const { key_id } = await issue();
    const callers = ['192.0.2.1', '198.51.100.1', '203.0.113.1'].map((address, index) => ({ address, user_agent: `caller-${index}/1` }));
    const [moved, failing, silent] = callers as [object, object, object];
    const now = Date.now();
    await log(...callers.flatMap((caller) => ['eu-1', 'eu-2'].map((gateway_node) => ({ ...caller, key_id, gateway_node, time: now - 1_200_000 }))));
    const { containment_id, replacement } = (await replace(apiKey, key_id)).body;
    const evidence = async () => (await containment(containment_id)).body;
    expect(await evidence()).toMatchObject({ evidence: 'available', overlap: null, proof: { verdict: 'awaiting', first_refusal_at: null }, recovery: { recovered: false, silent: 3 } });
    const revoked = now - 600_000;
    await databaseOf(app).updateTable('containments').set({ revoked_at: new Date(revoked) }).where('containment_id', '=', containment_id).execute();
    await log(
      { ...moved, gateway_node: 'eu-1', key_id, status: 401, time: revoked + 1_000 }, { ...failing, gateway_node: 'eu-2', key_id, status: 401, time: revoked + 1_500 },
      { ...moved, key_id: replacement.key_id, time: revoked + 2_000 },
    );
    const board = await evidence();
    expect(board.proof).toMatchObject({ verdict: 'proven', ms_to_first_refusal: 1_000, nodes: [{ gateway_node: 'eu-1', ms_to_first_refusal: 1_000 }, { gateway_node: 'eu-2', ms_to_first_refusal: 1_500 }] });
    expect(board.recovery).toMatchObject({ recovered: false, healthy: 1, failing: 1, silent: 1 });
    const standing = async (agent: string) => (await evidence()).recovery!.callers.find(({ user_agent }) => user_agent === agent);
    expect([await standing('caller-0/1'), await standing('caller-1/1'), await standing('caller-2/1')]).toEqual([
      expect.objectContaining({ state: 'healthy', since: new Date(revoked + 2_000).toISOString(), network: '192.0.2.0/24', known: true }),
      expect.objectContaining({ state: 'failing', on: 'old', since: new Date(revoked + 1_500).toISOString() }),
      expect.objectContaining({ state: 'silent', since: new Date(now - 1_200_000).toISOString() }),
    ]);
    const next = (await replace(apiKey, replacement.key_id)).body.replacement;
    await log({ ...silent, key_id: next.key_id, time: now }, { ...failing, key_id: next.key_id, time: now });
    expect((await evidence()).recovery).toMatchObject({ recovered: true, healthy: 3 });
  });

  it('calls the proof failed when one node let one request through afterwards', async () => {
    const { key_id } = await issue(serviceToken);
    const { containment_id, revoked } = (await replace(serviceToken, key_id)).body;
    const time = Date.parse(revoked!.revoked_at!);
    await log({ key_id, gateway_node: 'a', status: 401, time: time + 40 }, { key_id, gateway_node: 'b', status: 401, time: time + 90 });
    expect((await containment(containment_id)).body.proof).toMatchObject({ verdict: 'proven', accepted_after: 0, ms_to_first_refusal: 40 });
    await log({ key_id, gateway_node: 'b', status: 200, time: time + 60 });
    expect((await containment(containment_id)).body.proof).toMatchObject({
      verdict: 'failed', accepted_after: 1, nodes: [{ gateway_node: 'a', verdict: 'proven' }, { gateway_node: 'b', verdict: 'failed', last_accepted_after_ms: 60, refused_after: 1 }],
    });
  });

  it('says what was done though the request logs are away, claims no safety then, and revokes by force', async () => {
    const [{ key_id }, other] = [await issue(), await issue()];
    const { containment_id } = (await rotate(apiKey, key_id)).body;
    const contained = (await replace(apiKey, other.key_id)).body.containment_id;
    const asked = jest.spyOn(clickhouseOf(app), 'select').mockRejectedValue(new Error('the log store is away'));
    try {
      expect((await containment(contained)).body).toMatchObject({ state: 'contained', evidence: 'unavailable', proof: null, recovery: null, steps: [{ state: 'done' }, { state: 'done' }, { state: 'done' }] });
      expect((await containment(containment_id)).body).toMatchObject({ evidence: 'unavailable', overlap: { safe_to_revoke: false, reasons: [{ code: 'evidence_unavailable' }] } });
      expect(await end(containment_id, 'complete')).toMatchObject({ status: 409, body: { code: 'not_safe_to_revoke', reasons: [{ code: 'evidence_unavailable' }] } });
      expect((await end(containment_id, 'complete', { force: true })).status).toBe(200);
    } finally {
      asked.mockRestore();
    }
    expect((await keyOf(apiKey, key_id)).state).toBe('revoked');
  });
});
