import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compactDecrypt, exportJWK, generateKeyPair } from 'jose';
import type { AuditPage, Containment, ContainmentPage, Introspection, Problem, Role } from '@keytrail/contracts';
import { startTestApp, type Answer, type TestApp } from '../support/app.js';
import { issueKey, keyKinds, type IssuedKey, type KindUnderTest } from '../support/key-kinds.js';
import { describeOnPostgresServer } from '../support/postgres-forms.js';
import { registryOf, type TestRegistry } from '../support/registry.js';
import { newName } from '../support/request-lines.js';

let app: TestApp;
let registry: TestRegistry;

type Replaced = Record<string, string | null> & { containment_id: string; revoked: IssuedKey | null; replacement: IssuedKey; sealed: string | null; replayed: boolean; overlap_ends_at: string | null };
type Refusable<T> = Answer<T & Problem & { containment_id: string; reasons: { code: string }[] }>;
interface Options { token?: string; key?: string }

const post = <T>(path: string, body: object, { token, key }: Options = {}): Promise<Refusable<T>> =>
  app.call(path, { body, ...(token && { token }), ...(key && { headers: { 'idempotency-key': key } }) });
const replace = (kind: KindUnderTest, keyId: string, body: object = {}, options?: Options) =>
  post<Replaced>(`${kind.path}/${keyId}/revoke-and-replace`, { reason: 'leaked', ...body }, options);
const rotate = (kind: KindUnderTest, keyId: string, body: object = {}, options?: Options) => post<Replaced>(`${kind.path}/${keyId}/rotate`, { overlap: 3600, ...body }, options);
const containment = (id: string, token?: string): Promise<Refusable<Containment>> => app.call(`/v1/containments/${id}`, { ...(token && { token }) });
const end = (id: string, how: 'complete' | 'cancel', body: object = {}, token?: string) => post<Containment>(`/v1/containments/${id}/${how}`, body, { ...(token && { token }) });
const keyOf = async (kind: KindUnderTest, id: string) => (await app.call<IssuedKey>(`${kind.path}/${id}`)).body;
const entriesOf = async (id: string) => (await app.call<AuditPage>(`/v1/audit-entries?object_id=${id}`)).body.data.map(({ action }) => action);
const isActive = async (token: string) => (await app.call<Introspection>('/v1/introspect', { body: { token } })).body.active;
const [apiKey, , , publicKey] = keyKinds as [KindUnderTest, KindUnderTest, KindUnderTest, KindUnderTest];
const issue = (kind: KindUnderTest = apiKey, fields: Record<string, unknown> = {}) => issueKey(app, registry, kind, fields);

/** An owner who registered a public key, and what only they can read. */
async function sealingOwner() {
  const { publicKey: open, privateKey } = await generateKeyPair('ECDH-ES+A256KW', { extractable: true });
  const owner = await app.call<{ owner_id: string }>('/v1/owners', { body: { name: newName('owner'), kind: 'person', contact: 'them@example.com', public_key: { ...await exportJWK(open), kid: 'laptop' } } });
  return { owner_id: owner.body.owner_id, read: async (jwe: string) => JSON.parse(new TextDecoder().decode((await compactDecrypt(jwe, privateKey)).plaintext)) as Record<string, string> };
}

function guarantees(): void {
  describe.each(keyKinds)('$kind', (kind) => {
    it('is revoked and replaced at once: one containment says so, with its steps and its entries', async () => {
      const key = await issue(kind);
      const { status, body } = await replace(kind, key.key_id);
      expect(status).toBe(200);
      expect(body).toMatchObject({ revoked: { key_id: key.key_id, state: 'revoked', replaced_by: body.replacement.key_id }, replacement: { replaces: key.key_id, state: 'active', kind: kind.kind }, sealed: null, overlap_ends_at: null });
      for (const member of kind.once) expect(body[member]).toEqual(expect.any(String));
      const shown = (await containment(body.containment_id)).body;
      expect(shown).toMatchObject({ action: 'revoke_and_replace', state: 'contained', key_id: key.key_id, kind: kind.kind, successor_id: body.replacement.key_id, hand_over: kind.once.length === 0 ? 'none' : 'response', revoked_at: body.revoked!.revoked_at });
      expect(shown.steps.map(({ step, state }) => [step, state])).toEqual([['successor_issued', 'done'], ['secret_handed_over', kind.once.length === 0 ? 'not_needed' : 'done'], ['old_key_revoked', 'done']]);
      expect([await entriesOf(key.key_id), await entriesOf(body.replacement.key_id), await entriesOf(body.containment_id)]).toEqual([[`${kind.kind}.revoked`, `${kind.kind}.created`], [`${kind.kind}.created`], ['containment.started']]);
    });

    it('is sealed to its owner, so that neither the responder nor the audit trail ever sees the secret; again under the same Idempotency-Key', async () => {
      const owner = await sealingOwner();
      const key = await issue(kind, { owner_id: owner.owner_id });
      const call = { key: newName('idem'), token: await registry.token('responder') };
      const { status, body } = await replace(kind, key.key_id, { hand_over: 'sealed' }, call);
      if (kind.once.length === 0) {
        expect([status, body.code]).toEqual([400, 'nothing_to_seal']);
        return expect((await keyOf(kind, key.key_id)).state).toBe('active');
      }
      expect(status).toBe(200);
      const opened = await owner.read(body.sealed!);
      expect(opened).toMatchObject({ key_id: body.replacement.key_id });
      for (const member of kind.once) {
        expect([body[member], typeof opened[member]]).toEqual([null, 'string']);
        expect(JSON.stringify(body)).not.toContain(opened[member]);
      }
      if (kind.kind === 'api_key') expect(await isActive(opened['secret']!)).toBe(true);
      // A crash before the answer arrived loses nothing: the sealed secret is there for whoever asks again.
      expect((await replace(kind, key.key_id, { hand_over: 'sealed' }, call)).body).toMatchObject({ sealed: body.sealed, replayed: true });
      expect((await containment(body.containment_id)).body).toMatchObject({ sealed: body.sealed, hand_over: 'sealed' });
    });

    it('has two keys while it overlaps; completed, the old one is revoked, and cancelled, the new one', async () => {
      for (const how of ['complete', 'cancel'] as const) {
        const key = await issue(kind);
        const { status, body } = await rotate(kind, key.key_id);
        expect([status, body.revoked, typeof body.overlap_ends_at]).toEqual([200, null, 'string']);
        const both = async () => [(await keyOf(kind, key.key_id)).state, (await keyOf(kind, body.replacement.key_id)).state];
        expect(await both()).toEqual(['active', 'active']);
        const ended = await end(body.containment_id, how);
        expect(ended).toMatchObject({ status: 200, body: { state: how === 'complete' ? 'contained' : 'cancelled', ended_by: 'token:tok_administrator' } });
        expect(await both()).toEqual(how === 'complete' ? ['revoked', 'active'] : ['active', 'revoked']);
        expect((await end(body.containment_id, how)).status).toBe(200);
        expect(await end(body.containment_id, how === 'complete' ? 'cancel' : 'complete')).toMatchObject({ status: 409, body: { code: how === 'complete' ? 'containment_completed' : 'containment_cancelled' } });
        expect(await entriesOf(body.containment_id)).toEqual([how === 'complete' ? 'containment.completed' : 'containment.cancelled', 'containment.started']);
        expect((await rotate(kind, key.key_id)).status).toBe(how === 'complete' ? 409 : 200);
      }
    });
  });

  it.each(keyKinds)('$kind that is revoked without a successor has its containment too, one however often it is revoked', async (kind) => {
    const key = await issue(kind);
    const revoke = () => app.call(`${kind.path}/${key.key_id}?reason=stolen`, { method: 'DELETE' });
    expect((await Promise.all([revoke(), revoke(), revoke()])).map(({ status }) => status)).toEqual([204, 204, 204]);
    const { data } = (await app.call<ContainmentPage>(`/v1/containments?key_id=${key.key_id}`)).body;
    expect(data).toMatchObject([{ action: 'revoke', state: 'contained', reason: 'stolen', successor_id: null, revoked_at: (await keyOf(kind, key.key_id)).revoked_at }]);
    expect((await containment(data[0]!.containment_id)).body).toMatchObject({ proof: { verdict: 'awaiting', revoked_at: data[0]!.revoked_at }, recovery: { callers: [] }, next: null });
    expect([await entriesOf(key.key_id), await entriesOf(data[0]!.containment_id)]).toEqual([[`${kind.kind}.revoked`, `${kind.kind}.created`], ['containment.started']]);
    expect(await replace(kind, key.key_id)).toMatchObject({ status: 409, body: { code: 'key_revoked', containment_id: data[0]!.containment_id } });
  });

  it('makes one containment of two responders at once, and tells the second who was first', async () => {
    for (const act of [replace, rotate]) {
      const { key_id } = await issue();
      const answers = await Promise.all([1, 2, 3].map(() => act(apiKey, key_id)));
      const [won, ...lost] = answers.sort((a, b) => a.status - b.status);
      expect(answers.map(({ status }) => status)).toEqual([200, 409, 409]);
      for (const { body } of lost) expect(body).toMatchObject({ code: act === replace ? 'key_revoked' : 'containment_under_way', containment_id: won!.body.containment_id, started_by: 'token:tok_administrator' });
      expect((await app.call<ContainmentPage>(`/v1/containments?key_id=${key_id}`)).body.data.map(({ containment_id }) => containment_id)).toEqual([won!.body.containment_id]);
    }
  });

  it('lets one of a completion and a cancellation at once through, never both and never none', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { key_id } = await issue();
      const { containment_id, replacement } = (await rotate(apiKey, key_id)).body;
      const answers = await Promise.all([end(containment_id, 'complete', { force: true }), end(containment_id, 'cancel')]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      const states = [(await keyOf(apiKey, key_id)).state, (await keyOf(apiKey, replacement.key_id)).state].sort();
      expect(states).toEqual(['active', 'revoked']);
    }
  });
}

describe('containment', () => {
  beforeAll(async () => {
    app = await startTestApp();
    registry = registryOf(app);
  });
  afterAll(() => app.stop());

  guarantees();

  it.each(keyKinds)('is for the roles that the documentation names, and for nobody of another workspace ($kind)', async (kind) => {
    const elsewhere = await registry.workspace(newName('ws'));
    const may: Record<string, readonly Role[]> = {
      look: ['admin', 'responder', 'viewer'], replace: ['admin', 'responder'], rotate: ['admin'], get: ['admin', 'responder', 'viewer'], complete: ['admin', 'responder'], cancel: ['admin', 'responder'],
    };
    for (const role of ['viewer', 'responder', 'admin', 'ingest', 'gateway'] as const) {
      const [everywhere, there] = [await registry.token(role), await registry.token(role, [elsewhere])];
      for (const [operation, roles] of Object.entries(may)) {
        const call = async (token: string): Promise<number> => {
          const { key_id } = await issue(kind);
          if (operation === 'look') return (await app.call(`${kind.path}/${key_id}/blast-radius`, { token })).status;
          if (operation === 'replace') return (await replace(kind, key_id, {}, { token })).status;
          if (operation === 'rotate') return (await rotate(kind, key_id, {}, { token })).status;
          const { containment_id } = (await rotate(kind, key_id)).body;
          if (operation === 'get') return (await containment(containment_id, token)).status;
          return (await end(containment_id, operation as 'cancel', {}, token)).status;
        };
        const allowed = roles.includes(role);
        expect([role, operation, await call(everywhere), await call(there)]).toEqual([role, operation, allowed ? 200 : 403, allowed ? 404 : 403]);
      }
    }
  });

  it('refuses to seal for owners who have no key or have left, and changes nothing then', async () => {
    const { key_id } = await issue();
    expect(await replace(apiKey, key_id, { hand_over: 'sealed' })).toMatchObject({ status: 409, body: { code: 'owner_without_public_key' } });
    const owner = await sealingOwner();
    const left = await issue(apiKey, { owner_id: owner.owner_id });
    await app.call(`/v1/owners/${owner.owner_id}`, { method: 'PATCH', body: { status: 'left' } });
    expect(await replace(apiKey, left.key_id, { hand_over: 'sealed' })).toMatchObject({ status: 409, body: { code: 'owner_left' } });
    expect(await rotate(apiKey, left.key_id)).toMatchObject({ status: 409, body: { code: 'owner_left' } });
    expect([(await keyOf(apiKey, key_id)).state, (await keyOf(apiKey, left.key_id)).state]).toEqual(['active', 'active']);
    expect(await entriesOf(left.key_id)).toEqual(['api_key.created']);
    expect((await replace(apiKey, left.key_id)).status).toBe(200);
  });

  it('refuses orders that make no sense', async () => {
    const { key_id } = await issue();
    for (const body of [{ grace: -1 }, { grace: 1.5 }, { grace: 10_000_000 }, { hand_over: 'mail' }, { overlap: 60 }, { reason: '' }]) expect([body, (await replace(apiKey, key_id, body)).status]).toEqual([body, 400]);
    for (const body of [{ overlap: 0 }, { overlap: 59 }, { overlap: 1e9 }, { on_overlap_end: 'explode' }, { grace: 5 }]) expect([body, (await rotate(apiKey, key_id, body)).status]).toEqual([body, 400]);
    for (const how of ['complete', 'cancel'] as const) expect((await end('con_0', how)).status).toBe(404);
    expect((await keyOf(apiKey, key_id)).state).toBe('active');
  });

  it('is listed by key, incident, state and workspace, page by page, within the caller\'s workspaces', async () => {
    const workspace = await registry.workspace(newName('ws'));
    const keys = [await issue(publicKey, { workspace }), await issue(publicKey, { workspace }), await issue(publicKey, { workspace })];
    for (const { key_id } of keys) await replace(publicKey, key_id);
    const list = async (query: string, token?: string) => (await app.call<ContainmentPage>(`/v1/containments?${query}`, { ...(token && { token }) })).body;
    const first = await list(`workspace=${workspace}&limit=2`);
    const second = await list(`workspace=${workspace}&limit=2&cursor=${first.next_cursor}`);
    expect([...first.data, ...second.data].map(({ key_id }) => key_id)).toEqual(keys.map(({ key_id }) => key_id).reverse());
    expect((await list(`key_id=${first.data[0]!.successor_id}`)).data).toHaveLength(1);
    expect((await list(`workspace=${workspace}&state=overlap`)).data).toEqual([]);
    expect((await list('limit=1000', await registry.token('viewer', [workspace]))).data).toHaveLength(3);
    expect((await list('limit=1000', await registry.token('viewer', [await registry.workspace(newName('ws'))]))).data).toEqual([]);
    expect((await app.call('/v1/containments?cursor=x')).status).toBe(400);
  });
});

describeOnPostgresServer('containment on a Postgres server', (env) => {
  beforeAll(async () => {
    app = await startTestApp(await env());
    registry = registryOf(app);
  });
  afterAll(() => app.stop());
  guarantees();
});
