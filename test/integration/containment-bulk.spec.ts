import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Containments } from '@keytrail/containment';
import type { AuditPage, BulkContainment, BulkPlan, Introspection, Problem } from '@keytrail/contracts';
import { startTestApp, type Answer, type TestApp } from '../support/app.js';
import { issueKey, keyKinds, type IssuedKey } from '../support/key-kinds.js';
import { describeOnPostgresServer } from '../support/postgres-forms.js';
import { registryOf, type TestRegistry } from '../support/registry.js';
import { nativeLine, newName } from '../support/request-lines.js';

let app: TestApp;
let registry: TestRegistry;

type Refusable<T> = Answer<T & Problem>;
const order = (target: object, fields: object = {}) => ({ action: 'revoke_and_replace', target, reason: 'they left', ...fields });
const send = <T>(body: object, token?: string): Promise<Refusable<T>> => app.call('/v1/bulk-containments', { body, ...(token && { token }) });
const plan = async (body: object, token?: string) => {
  const answer = await send<BulkPlan>(body, token);
  expect(answer).toMatchObject({ status: 200, body: { dry_run: true, undo: { possible: false } } });
  return answer.body;
};
const run = async (body: object, token?: string) => send<BulkContainment>({ ...body, plan_token: (await plan(body, token)).plan_token }, token);
const resume = (id: string, body: object = {}): Promise<Refusable<BulkContainment>> => app.call(`/v1/bulk-containments/${id}/resume`, { body });
const issue = (index: number, fields: Record<string, unknown> = {}) => issueKey(app, registry, keyKinds[index]!, fields);
const stateOf = async (key: IssuedKey) => (await app.call<IssuedKey>(`${keyKinds.find(({ kind }) => kind === key.kind)!.path}/${key.key_id}`)).body.state;
const entriesOf = async (id: string) => (await app.call<AuditPage>(`/v1/audit-entries?object_id=${id}`)).body.data;
async function keysOfOneOwner(count = 3) {
  const owner_id = await registry.owner();
  const keys: IssuedKey[] = [];
  for (let index = 0; index < count; index += 1) keys.push(await issue(index % keyKinds.length, { owner_id }));
  return { owner_id, keys };
}

function guarantees(): void {
  it.each(['revoke', 'revoke_and_replace', 'rotate'] as const)('does %s to all keys of an owner, of each kind, as its dry run said, each with its containment', async (action) => {
    const { owner_id, keys } = await keysOfOneOwner(keyKinds.length);
    await issue(0);
    await app.call('/v1/request-logs', { body: nativeLine({ workspace: 'default', key_id: keys[0]!.key_id }) });
    const body = order({ owner_id }, { action });
    const planned = await plan(body);
    expect(planned.keys.map(({ key_id, refused }) => [key_id, refused])).toEqual(keys.map(({ key_id }) => [key_id, null]));
    expect(planned.keys.map(({ requests_7d }) => requests_7d)).toEqual([1, 0, 0, 0, 0]);
    for (const key of keys) expect(await stateOf(key)).toBe('active');
    const { status, body: done } = await send<BulkContainment>({ ...body, plan_token: planned.plan_token });
    expect([status, done.done, done.refused, done.pending, typeof done.finished_at]).toEqual([200, 5, 0, 0, 'string']);
    for (const [index, key] of keys.entries()) {
      expect(await stateOf(key)).toBe('revoked');
      const { containment_id, successor_id, shown } = done.keys[index]!;
      expect(Object.keys(shown ?? {}).sort()).toEqual(action === 'revoke' ? [] : [...keyKinds[index]!.once].sort());
      expect((await app.call(`/v1/containments/${containment_id}`)).body).toMatchObject({ action, state: 'contained', key_id: key.key_id, successor_id, bulk_id: done.bulk_id, reason: 'they left' });
      expect((successor_id === null) === (action === 'revoke')).toBe(true);
    }
    expect((await entriesOf(done.bulk_id)).map((entry) => [entry.action, entry.detail['done'] ?? entry.detail['keys']])).toEqual([['bulk_containment.finished', 5], ['bulk_containment.started', 5]]);
  });

  it('is refused when the set changed since the dry run, and does nothing then', async () => {
    const { owner_id, keys } = await keysOfOneOwner(2);
    const body = order({ owner_id });
    const changes = [
      () => issue(0, { owner_id }), () => app.call(`/v1/api-keys/${keys[0]!.key_id}`, { method: 'PATCH', body: { name: 'renamed' } }),
      () => app.call(`/v1/service-tokens/${keys[1]!.key_id}`, { method: 'DELETE' }),
    ];
    for (const change of changes) {
      const { plan_token } = await plan(body);
      await change();
      expect(await send({ ...body, plan_token })).toMatchObject({ status: 409, body: { code: 'plan_changed' } });
    }
    const { plan_token } = await plan(body);
    for (const other of [{ ...body, reason: 'else' }, { ...body, action: 'revoke' }, { ...body, hand_over: 'sealed' }, order({ workspace: 'default' })]) {
      expect(await send({ ...other, plan_token })).toMatchObject({ status: 409, body: { code: 'plan_changed' } });
    }
    expect(await stateOf(keys[0]!)).toBe('active');
  });

  it('stands for one order under its token, however many send it at once', async () => {
    const { owner_id, keys } = await keysOfOneOwner(3);
    const body = { ...order({ owner_id }), plan_token: (await plan(order({ owner_id }))).plan_token };
    const answers = await Promise.all([1, 2, 3].map(() => send<BulkContainment>(body)));
    expect(new Set(answers.map(({ body: { bulk_id } }) => bulk_id)).size).toBe(1);
    const again = (await send<BulkContainment>(body)).body;
    expect([again.done, again.pending, again.keys.map(({ shown }) => shown)]).toEqual([3, 0, [null, null, null]]);
    // Another responder who pressed later is shown that order, not told that the plan changed.
    const later = await app.call<BulkContainment>('/v1/bulk-containments', { body, token: await registry.token('responder') });
    expect(later).toMatchObject({ status: 200, body: { bulk_id: again.bulk_id, started_by: 'token:tok_administrator', done: 3 } });
    for (const [index, key] of keys.entries()) {
      const told = answers.filter(({ body: { keys: outcomes } }) => outcomes[index]!.shown !== null);
      expect([index, told.length]).toEqual([index, keyKinds[index]!.once.length === 0 ? 0 : 1]);
      expect((await entriesOf(key.key_id)).filter(({ action }) => action.endsWith('.revoked'))).toHaveLength(1);
    }
  });

  it('does each key by itself: what is done stays done when a later one breaks off, and the rest can be resumed', async () => {
    const { owner_id, keys } = await keysOfOneOwner(3);
    const containments = app.standalone.app.get(Containments, { strict: false });
    const really = containments.contain.bind(containments);
    const broken = jest.spyOn(containments, 'contain').mockImplementation(async (...order) => {
      if (order[2].key_id === keys[1]!.key_id) throw new Error('the power went');
      return really(...order);
    });
    const body = order({ owner_id });
    const plan_token = (await plan(body)).plan_token;
    try {
      expect((await send({ ...body, plan_token })).status).toBe(500);
    } finally {
      broken.mockRestore();
    }
    expect([await stateOf(keys[0]!), await stateOf(keys[1]!), await stateOf(keys[2]!)]).toEqual(['revoked', 'active', 'active']);
    const [started] = (await app.call<AuditPage>('/v1/audit-entries?limit=1000')).body.data.filter(({ action }) => action === 'bulk_containment.started');
    const half: Refusable<BulkContainment> = await app.call(`/v1/bulk-containments/${started!.object_id}`);
    expect(half.body).toMatchObject({ done: 1, pending: 2, finished_at: null, keys: [{ state: 'done' }, { state: 'pending', containment_id: null }, { state: 'pending' }] });
    expect((await resume(half.body.bulk_id, { limit: 1 })).body).toMatchObject({ done: 2, pending: 1, finished_at: null, keys: [{ shown: null }, { shown: { secret: expect.any(String) } }, { state: 'pending' }] });
    const rest = await resume(half.body.bulk_id);
    expect(rest.body).toMatchObject({ done: 3, pending: 0, finished_at: expect.any(String), keys: [{ shown: null }, { shown: null }, { shown: { secret: expect.any(String) } }] });
    expect((await resume(half.body.bulk_id)).body).toMatchObject({ done: 3, keys: [{ shown: null }, { shown: null }, { shown: null }] });
    expect((await entriesOf(half.body.bulk_id)).map(({ action }) => action)).toEqual(['bulk_containment.finished', 'bulk_containment.started']);
  });
}

describe('containment of many keys', () => {
  beforeAll(async () => {
    app = await startTestApp();
    registry = registryOf(app);
  });
  afterAll(() => app.stop());

  guarantees();

  it('goes by the ids and fingerprints of a leak report, and says which of them are unknown or dead already', async () => {
    const [one, two, dead] = [await issue(0), await issue(1), await issue(0)];
    await app.call(`/v1/api-keys/${dead.key_id}`, { method: 'DELETE' });
    const body = order({ keys: [one.key_id, two.fingerprint, dead.key_id, 'key_0', 'fp_0'] }, { reason: 'on a paste site' });
    expect(await plan(body)).toMatchObject({ keys: [{ key_id: one.key_id }, { key_id: two.key_id }], not_found: ['key_0', 'fp_0'], already_revoked: [dead.key_id] });
    const { body: done } = await run(body);
    expect(done).toMatchObject({ done: 2, refused: 0 });
    expect((await app.call<Introspection>('/v1/introspect', { body: { token: done.keys[0]!.shown!['secret'] } })).body.active).toBe(true);
    expect(await run(order({ keys: [dead.key_id] }))).toMatchObject({ status: 409, body: { code: 'nothing_to_do' } });
    expect(await run(order({ keys: ['key_0'] }))).toMatchObject({ status: 409, body: { code: 'nothing_to_do' } });
  });

  it('tells by key what was refused, as the dry run said it would be, and does the rest', async () => {
    const { owner_id, keys } = await keysOfOneOwner(4);
    const other = await issue(0);
    const body = order({ keys: [...keys.map(({ key_id }) => key_id), other.key_id] }, { hand_over: 'sealed' });
    const { keys: planned } = await plan(body);
    expect(planned.map(({ refused }) => refused)).toEqual(['owner_without_public_key', 'owner_without_public_key', 'owner_without_public_key', 'nothing_to_seal', 'owner_without_public_key']);
    const { body: done } = await run(body);
    expect(done).toMatchObject({ done: 0, refused: 5, pending: 0 });
    expect(done.keys.map(({ code }) => code)).toEqual(planned.map(({ refused }) => refused));
    await app.call(`/v1/owners/${owner_id}`, { method: 'PATCH', body: { status: 'left' } });
    const rotation = order({ keys: [keys[0]!.key_id, other.key_id] }, { action: 'rotate', overlap: 3600 });
    expect((await plan(rotation)).keys.map(({ refused }) => refused)).toEqual(['owner_left', null]);
    expect((await run(rotation)).body).toMatchObject({ done: 1, refused: 1, keys: [{ code: 'owner_left' }, { state: 'done' }] });
    expect([await stateOf(keys[0]!), await stateOf(other)]).toEqual(['active', 'active']);
    expect((await run(order({ owner_id }, { action: 'revoke' }))).body).toMatchObject({ done: 4, refused: 0 });
  });

  it('stays within the workspaces of whoever orders it, and is seen by nobody who reaches less', async () => {
    const workspace = await registry.workspace(newName('ws'));
    const owner_id = await registry.owner();
    const [inside, outside, wide] = [await issue(0, { owner_id, workspace }), await issue(0, { owner_id }), await issue(1, { owner_id })];
    const responder = await registry.token('responder', [workspace]);
    const planned = await plan(order({ keys: [inside.key_id, outside.key_id, wide.fingerprint] }), responder);
    expect(planned).toMatchObject({ keys: [{ key_id: inside.key_id }], not_found: [outside.key_id, wide.fingerprint], already_revoked: [] });
    const { body: done } = await run(order({ owner_id }, { action: 'revoke' }), responder);
    expect(done.keys.map(({ key_id }) => key_id)).toEqual([inside.key_id]);
    expect([await stateOf(outside), await stateOf(wide)]).toEqual(['active', 'active']);
    expect((await run(order({ workspace: 'default' }), responder)).status).toBe(409);
    const see = async (token?: string) => (await app.call(`/v1/bulk-containments/${done.bulk_id}`, { ...(token && { token }) })).status;
    expect([await see(), await see(responder), await see(await registry.token('viewer', [workspace])), await see(await registry.token('responder', [await registry.workspace(newName('ws'))]))]).toEqual([200, 200, 200, 404]);
    const wider = (await run(order({ owner_id }, { action: 'revoke' }))).body;
    expect((await app.call(`/v1/bulk-containments/${wider.bulk_id}`, { token: responder })).status).toBe(404);
    expect((await app.call(`/v1/bulk-containments/${wider.bulk_id}/resume`, { method: 'POST', body: {}, token: responder })).status).toBe(404);
  });

  it('refuses orders that make no sense, and roles that may not revoke', async () => {
    const target = { owner_id: 'own_0' };
    const bad = [
      order({}), order({ keys: [] }), order({ owner_id: 'a', workspace: 'b' }), order({ everything: true }), { ...order(target), reason: undefined }, order(target, { action: 'delete' }),
      order(target, { plan_token: 'plan_0' }), order(target, { action: 'revoke', grace: 5 }), order(target, { overlap: 60 }), order({ keys: Array(1001).fill('x') }),
    ];
    for (const body of bad) expect([body, (await send(body)).status]).toEqual([body, 400]);
    for (const role of ['viewer', 'gateway', 'ingest'] as const) expect((await send(order(target), await registry.token(role))).status).toBe(403);
    expect([(await resume('bulk_0')).status, (await resume('bulk_0', { limit: 0 })).status]).toEqual([404, 400]);
  });
});

describeOnPostgresServer('containment of many keys on a Postgres server', (env) => {
  beforeAll(async () => {
    app = await startTestApp(await env());
    registry = registryOf(app);
  });
  afterAll(() => app.stop());
  guarantees();
});
