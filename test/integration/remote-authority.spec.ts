import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { compactDecrypt, exportJWK, generateKeyPair } from 'jose';
import { RemoteContainments } from '@keytrail/containment';
import type { ApiKey, ApiKeyPage, AuditPage, BlastRadius, BulkContainment, BulkPlan, Containment, ContainmentPage, Incident, IncidentPage, Introspection, IssuedApiKey, Problem, Replacement, RequestLogPage, ResumedContainment } from '@keytrail/contracts';
import { KeySync } from '@keytrail/credentials';
import { systemActor } from '@keytrail/platform';
import { startTestApp, type Answer, type TestApp } from '../support/app.js';
import { captureOutput } from '../support/capture-output.js';
import { startFakeKeyPlatform, type FakeKeyPlatform, type Fault, type Method, type PlatformKey } from '../support/fake-key-platform.js';
import { describeOnBoth } from '../support/postgres-forms.js';
import { registryOf, type TestRegistry } from '../support/registry.js';
import { databaseOf, nativeLine, ndjson, newName } from '../support/request-lines.js';

let platform: FakeKeyPlatform;
let app: TestApp;
let registry: TestRegistry;

type Outcome<T> = Answer<T & Problem & { containment_id: string; started_by: string; steps: Containment['steps']; last_error: { step: string; code: string } | null }>;
interface Options { key?: string; token?: string }

const TIMEOUT_MS = 400;
const settings = () => ({
  KEYTRAIL_KEY_PLATFORM_URL: platform.url, KEYTRAIL_KEY_PLATFORM_TOKEN: platform.token, KEYTRAIL_KEY_PLATFORM_TIMEOUT_MS: String(TIMEOUT_MS),
  KEYTRAIL_KEY_PLATFORM_SETTLE_MS: '0',
});

const sync = () => app.standalone.app.get(KeySync, { strict: false }).run();
const runDue = () => app.standalone.app.get(RemoteContainments, { strict: false }).runDue(systemActor);
const post = <T>(path: string, body: object, { key, token }: Options = {}): Promise<Outcome<T>> =>
  app.call(path, { body, ...(token && { token }), ...(key && { headers: { 'idempotency-key': key } }) });
const replace = (id: string, body: object = {}, options?: Options) => post<Replacement>(`/v1/api-keys/${id}/revoke-and-replace`, { reason: 'leaked', ...body }, options);
const rotate = (id: string, body: object = {}) => post<Replacement>(`/v1/api-keys/${id}/rotate`, { overlap: 3600, ...body });
const resume = (id: string, options?: Options) => post<ResumedContainment>(`/v1/containments/${id}/resume`, {}, options);
const containment = async (id: string) => (await app.call<Containment>(`/v1/containments/${id}`)).body;
const keyOf = async (id: string) => (await app.call<ApiKey>(`/v1/api-keys/${id}`)).body;
const actionsOf = async (id: string) => (await app.call<AuditPage>(`/v1/audit-entries?object_id=${id}`)).body.data.map(({ action }) => action);
const stepsOf = ({ steps }: Pick<Containment, 'steps'>) => Object.fromEntries(steps.map(({ step, state }) => [step, state]));
/** Back-offs and settling are over, and nobody holds it any more. */
const makeDue = () => databaseOf(app).updateTable('remote_containments').set({ held_by: null, held_until: null, settles_at: new Date(0), next_attempt_at: new Date(0) })
  .where('next_attempt_at', 'is not', null).execute();

/** A key of the platform that the registry has a mirror of. */
async function mirrored(fields: Partial<PlatformKey> = {}): Promise<PlatformKey> {
  const key = platform.add(fields);
  await sync();
  return key;
}

async function sealingOwner() {
  const { publicKey, privateKey } = await generateKeyPair('ECDH-ES+A256KW', { extractable: true });
  const name = newName('sealing');
  await app.call('/v1/owners', { body: { name, kind: 'person', contact: 'them@example.com', public_key: await exportJWK(publicKey) } });
  return { name, read: async (jwe: string) => JSON.parse(new TextDecoder().decode((await compactDecrypt(jwe, privateKey)).plaintext)) as Record<string, string> };
}

/** What must hold whatever happened: no second successor, and nothing claimed that the platform does not say. */
async function assertHonest(old: PlatformKey, id: string): Promise<void> {
  const successors = platform.successorsOf(old.id).filter(({ revoked_at }) => !revoked_at);
  expect(successors.length).toBeLessThanOrEqual(1);
  const { steps, successor_id, state } = await containment(id);
  const step = stepsOf({ steps });
  if (step['old_key_revoked'] === 'done') expect(platform.keys.get(old.id)?.revoked_at).toEqual(expect.any(String));
  if (step['old_key_revoked'] === 'pending' && state !== 'overlap') expect(platform.keys.get(old.id)?.revoked_at ?? null).toBeNull();
  if (step['successor_issued'] === 'done') expect(successors.map((key) => key.id)).toEqual([successor_id]);
  if (step['successor_issued'] === 'pending') expect(successors).toEqual([]);
}

function guarantees(): void {
  describe('the mirror', () => {
    it('shows keys of the platform with workspace, owner, name and times, page by page', async () => {
      platform.pageSize = 2;
      const owner = newName('remote-owner');
      const keys = Array.from({ length: 5 }, () => platform.add({ owner, expires_at: '2099-01-01T00:00:00Z', last_used_at: new Date(Date.now() - 1_000).toISOString() }));
      await sync();
      for (const key of keys) {
        expect(await keyOf(key.id)).toMatchObject({
          key_id: key.id, authority: 'remote', name: key.name, owner: { name: owner }, workspace_id: 'default', scopes: ['orders:read'], state: 'active',
          created_at: key.created_at, expires_at: '2099-01-01T00:00:00.000Z', last_used_at: key.last_used_at,
        });
      }
      const listed = await app.call<ApiKeyPage>(`/v1/api-keys?limit=2&owner_id=${(await keyOf(keys[0]!.id)).owner.owner_id}`);
      const next = await app.call<ApiKeyPage>(`/v1/api-keys?limit=3&owner_id=${(await keyOf(keys[0]!.id)).owner.owner_id}&cursor=${listed.body.next_cursor}`);
      expect([...listed.body.data, ...next.body.data].map(({ key_id }) => key_id).sort()).toEqual(keys.map(({ id }) => id).sort());
    });

    it('follows what happens there: a change, a revocation, a deletion; and writes nothing where all agrees', async () => {
      const [changed, revoked, deleted] = [await mirrored(), await mirrored(), await mirrored()];
      expect((await sync())?.changed).toBe(0);
      Object.assign(changed, { name: 'another name' });
      revoked.revoked_at = new Date(Date.now() - 5_000).toISOString();
      platform.keys.delete(deleted.id);
      expect(await sync()).toMatchObject({ changed: 2, gone: 1 });
      expect(await keyOf(changed.id)).toMatchObject({ name: 'another name' });
      expect(await keyOf(revoked.id)).toMatchObject({ state: 'revoked', revoked_by: 'key-platform', revoked_at: revoked.revoked_at });
      expect(await keyOf(deleted.id)).toMatchObject({ state: 'revoked', revoked_by: 'key-platform' });
      expect(await actionsOf(deleted.id)).toEqual(['api_key.revoked', 'api_key.mirrored']);
    });

    it('takes nothing for gone when the platform cannot be read to the end', async () => {
      const key = await mirrored();
      for (const fault of ['hang', '500_before', 'garbage', 'flood', '401', '404', 'redirect'] as const) {
        platform.keys.delete(key.id);
        platform.fail('GET', fault, Infinity);
        await expect(sync()).rejects.toMatchObject({ name: 'PlatformFailure' });
        platform.heal();
        platform.keys.set(key.id, key);
        expect((await keyOf(key.id)).state).toBe('active');
      }
    });

    it('skips what it cannot read, and touches no key of the registry whose id the platform claims', async () => {
      const own = await registry.key();
      platform.add({ id: own.key_id, name: 'not mine' });
      platform.keys.set('../../owners', { id: '../../owners', name: 'climbs', created_at: new Date().toISOString() });
      platform.keys.set('timeless', { id: 'timeless', name: 'timeless', created_at: 'yesterday' });
      expect(await sync()).toMatchObject({ unreadable: 2, clashes: 1 });
      expect(await keyOf(own.key_id)).toMatchObject({ authority: 'registry', name: own.name });
    });

    it('names the owner of a key in request logs, blast radius and incidents', async () => {
      const key = await mirrored({ owner: newName('watched') });
      const lines = Array.from({ length: 40 }, () => nativeLine({ workspace: undefined, key_id: key.id, status: 403, address: '203.0.113.9' }));
      await app.call('/v1/request-logs', { body: ndjson(lines) });
      await app.detect();
      expect((await app.call<RequestLogPage>(`/v1/request-logs?key_id=${key.id}&limit=1`)).body.data[0]).toMatchObject({ workspace_id: 'default', key_id: key.id });
      expect((await app.call<BlastRadius>(`/v1/api-keys/${key.id}/blast-radius`)).body).toMatchObject({ volume: { last_24h: 40 }, owner: { name: key.owner } });
      const [incident] = (await app.call<IncidentPage>(`/v1/incidents?key_id=${key.id}`)).body.data;
      expect(incident).toMatchObject({ owner: { name: key.owner } });
      const { status, body } = await replace(key.id, { incident_id: incident!.incident_id });
      expect(status).toBe(200);
      const told = (await app.call<Incident>(`/v1/incidents/${incident!.incident_id}`)).body;
      expect(told).toMatchObject({ state: 'contained' });
      expect(told.timeline).toContainEqual(expect.objectContaining({ kind: 'action', text: expect.stringContaining(body.replacement.key_id) }));
    });
  });

  describe('a change', () => {
    it('is made at the platform first, and shows what the platform made of it', async () => {
      const key = await mirrored();
      const owner_id = await registry.owner('Those who take over '.concat(newName('x')));
      const { status, body } = await app.call<ApiKey>(`/v1/api-keys/${key.id}`, { method: 'PATCH', body: { name: 'renamed', owner_id, scopes: ['a'], expires_at: '2098-01-01T00:00:00Z' } });
      expect(status).toBe(200);
      expect(body).toMatchObject({ name: 'renamed', owner: { owner_id }, scopes: ['a'], expires_at: '2098-01-01T00:00:00.000Z' });
      expect(platform.keys.get(key.id)).toMatchObject({ name: 'renamed', scopes: ['a'], owner: body.owner.name });
      expect(await actionsOf(key.id)).toEqual(['api_key.changed', 'api_key.change_requested', 'api_key.mirrored']);
      expect((await app.call(`/v1/api-keys/${key.id}`, { method: 'DELETE' })).status).toBe(204);
      expect(platform.keys.get(key.id)!.revoked_at).toEqual(expect.any(String));
      expect((await keyOf(key.id)).state).toBe('revoked');
    });

    it('changes nothing here when the platform fails, and says whether it may have been made there', async () => {
      for (const [fault, doubt] of [['401', false], ['404', false], ['429', false], ['500_before', true], ['close_after', true], ['hang', true]] as const) {
        const key = await mirrored();
        platform.fail('PATCH', fault);
        const answer = await app.call<Problem>(`/v1/api-keys/${key.id}`, { method: 'PATCH', body: { name: 'renamed' } });
        expect([fault, answer.status, answer.body.detail!.includes('may have been done')]).toEqual([fault, 502, doubt]);
        expect((await keyOf(key.id)).name).toBe(`key ${key.id}`);
      }
    });

    it('issues a key there when asked to, once for each Idempotency-Key, also when the first answer was lost', async () => {
      const owner_id = await registry.owner();
      const create = (key: string) => app.call<IssuedApiKey & Problem>('/v1/api-keys', { body: { workspace: 'default', service: 'orders', owner_id, authority: 'remote' }, headers: { 'idempotency-key': key } });
      const first = await create('first');
      expect(first.body).toMatchObject({ authority: 'remote', owner: { owner_id }, service: 'orders', secret: expect.stringMatching(/^live_/), replayed: false });
      expect((await create('first')).body).toEqual({ ...first.body, secret: null, replayed: true });
      platform.ignoresIdempotencyKeys = true;
      platform.fail('POST', 'close_after');
      expect((await create('second')).body.code).toBe('key_platform_connection_lost');
      expect((await create('second')).body.code).toBe('call_under_way');
      await databaseOf(app).updateTable('idempotent_calls').set({ created_at: new Date(0) }).where('idempotency_key', '=', 'second').execute();
      const again = await create('second');
      expect([again.status, again.body.secret]).toEqual([201, null]);
      expect([...platform.keys.values()].filter(({ metadata }) => metadata?.['keytrail'] === platform.keys.get(again.body.key_id)?.metadata?.['keytrail'])).toHaveLength(1);
    });

    it('is told from a key of the registry when a gateway asks', async () => {
      const owner_id = await registry.owner();
      const { body } = await app.call<IssuedApiKey>('/v1/api-keys', { body: { workspace: 'default', service: 'orders', owner_id, authority: 'remote' } });
      const asked = (token: string) => app.call<Introspection>('/v1/introspect', { body: { token } });
      expect((await asked(body.secret!)).body).toMatchObject({ active: false, reason: 'other_authority', key_id: body.key_id });
      expect((await asked('live_nobody-knows-this')).body).toMatchObject({ active: false, reason: 'malformed' });
    });
  });

  describe('revoke-and-replace', () => {
    it('revokes there first and hands the new secret over once', async () => {
      const key = await mirrored();
      platform.calls.length = 0;
      const { status, body } = await replace(key.id, {}, { key: newName('idem') });
      expect(status).toBe(200);
      expect(body).toMatchObject({ revoked: { key_id: key.id, state: 'revoked', replaced_by: body.replacement.key_id }, replacement: { replaces: key.id, authority: 'remote', owner: { name: 'Team Remote' } }, secret: expect.stringMatching(/^live_/), replayed: false });
      expect(platform.calls.map(({ method }) => method)).toEqual(['DELETE', 'GET', 'POST']);
      expect(await containment(body.containment_id)).toMatchObject({ state: 'contained', successor_id: body.replacement.key_id, next: expect.stringContaining('Give the owner'), proof: { verdict: 'awaiting' } });
      expect(stepsOf(await containment(body.containment_id))).toEqual({ old_key_revoked: 'done', successor_issued: 'done', secret_handed_over: 'done' });
      expect(await actionsOf(body.containment_id)).toEqual(['containment.completed', 'containment.started']);
      expect([await actionsOf(key.id), await actionsOf(body.replacement.key_id)]).toEqual([['api_key.revoked', 'api_key.mirrored'], ['api_key.created']]);
      expect((await sync())?.changed).toBe(0);
    });

    it('seals the new secret to the owner, for the job as well', async () => {
      const owner = await sealingOwner();
      const key = await mirrored({ owner: owner.name });
      platform.fail('DELETE', '500_before', Infinity);
      const first = await replace(key.id, { hand_over: 'sealed' });
      expect([first.status, first.body.code]).toEqual([502, 'containment_incomplete']);
      platform.heal();
      await makeDue();
      expect(await runDue()).toEqual([]);
      const done = await containment(first.body.containment_id);
      expect(done).toMatchObject({ state: 'contained', hand_over: 'sealed', sealed: expect.any(String) });
      const opened = await owner.read(done.sealed!);
      expect(platform.secrets).toContain(opened['secret']);
    });

    it('without a successor is gone on with by itself when the platform fails, and says so', async () => {
      const key = await mirrored();
      platform.fail('DELETE', '500_before', Infinity);
      const revoke = () => app.call<Problem & { containment_id: string }>(`/v1/api-keys/${key.id}?reason=stolen`, { method: 'DELETE' });
      const { status, body } = await revoke();
      expect([status, body.code]).toEqual([502, 'containment_incomplete']);
      expect(await containment(body.containment_id)).toMatchObject({ action: 'revoke', state: 'stuck', reason: 'stolen', steps: [{ step: 'old_key_revoked', state: 'unknown' }] });
      expect((await revoke()).body).toMatchObject({ code: 'containment_incomplete', containment_id: body.containment_id });
      platform.heal();
      await makeDue();
      expect(await runDue()).toEqual([]);
      expect(platform.keys.get(key.id)!.revoked_at).toEqual(expect.any(String));
      expect(await containment(body.containment_id)).toMatchObject({ state: 'contained', proof: { verdict: 'awaiting' } });
      expect((await revoke()).status).toBe(204);
    });

    it('can be ordered again when the platform has revived the key', async () => {
      const key = await mirrored();
      const revoke = () => app.call(`/v1/api-keys/${key.id}`, { method: 'DELETE' });
      expect((await revoke()).status).toBe(204);
      const revive = async () => {
        key.revoked_at = null;
        // The reading must not be taken for one that began before the revocation.
        await databaseOf(app).updateTable('remote_keys').set({ written_at: new Date(0) }).where('key_id', '=', key.id).execute();
        await sync();
        expect((await keyOf(key.id)).state).toBe('active');
      };
      await revive();
      expect((await revoke()).status).toBe(204);
      await revive();
      expect((await replace(key.id)).status).toBe(200);
      const { data } = (await app.call<ContainmentPage>(`/v1/containments?key_id=${key.id}`)).body;
      expect(data.map(({ action, state }) => [action, state])).toEqual([['revoke_and_replace', 'contained'], ['revoke', 'cancelled'], ['revoke', 'cancelled']]);
      expect(await actionsOf(data[1]!.containment_id)).toContain('containment.undone');
    });

    it('has two keys while it overlaps: the successor is made first; completed and cancelled, the platform is told', async () => {
      for (const how of ['complete', 'cancel'] as const) {
        const key = await mirrored();
        platform.calls.length = 0;
        const { status, body } = await rotate(key.id);
        expect([status, body.revoked, platform.calls.map(({ method }) => method)]).toEqual([200, null, ['POST']]);
        const end = () => post<Containment>(`/v1/containments/${body.containment_id}/${how}`, how === 'complete' ? { force: true } : {});
        platform.fail('DELETE', '500_before', Infinity);
        expect((await end()).body.code).toBe('containment_incomplete');
        expect(platform.successorsOf(key.id).every(({ revoked_at }) => !revoked_at)).toBe(true);
        expect((await containment(body.containment_id)).state).toBe('stuck');
        platform.heal();
        await makeDue();
        await runDue();
        expect((await containment(body.containment_id)).state).toBe(how === 'complete' ? 'contained' : 'cancelled');
        const dead = how === 'complete' ? key.id : body.replacement.key_id;
        expect([...platform.keys.values()].filter(({ id, revoked_at }) => [key.id, body.replacement.key_id].includes(id) && revoked_at).map(({ id }) => id)).toEqual([dead]);
        expect((await end()).status).toBe(200);
      }
    });

    it('is one containment for two responders, and both are told', async () => {
      for (let round = 0; round < 3; round += 1) {
        const key = await mirrored();
        const tokens = [await registry.token('responder'), await registry.token('responder')];
        const answers = await Promise.all(tokens.map((token) => replace(key.id, {}, { token })));
        const [won, lost] = answers.sort((a, b) => a.status - b.status);
        expect([won!.status, lost!.status]).toEqual([200, 409]);
        expect(lost!.body).toMatchObject({ containment_id: won!.body.containment_id, started_by: expect.any(String) });
        expect(['key_revoked', 'containment_under_way']).toContain(lost!.body.code);
        expect((await app.call<ContainmentPage>(`/v1/containments?key_id=${key.id}`)).body.data).toHaveLength(1);
        expect(platform.successorsOf(key.id)).toHaveLength(1);
      }
    });

    it('goes on with what was left when the call is repeated under its Idempotency-Key', async () => {
      const key = await mirrored();
      const call = { key: newName('idem') };
      platform.fail('POST', '500_before');
      const first = await replace(key.id, {}, call);
      expect(first.body).toMatchObject({ code: 'containment_incomplete', last_error: { step: 'issue_successor', code: 'key_platform_failed' } });
      const second = await replace(key.id, {}, call);
      expect(second.body).toMatchObject({ containment_id: first.body.containment_id, secret: expect.any(String), replayed: true });
      expect((await replace(key.id, {}, call)).body).toMatchObject({ containment_id: first.body.containment_id, secret: null, replayed: true });
      expect(platform.successorsOf(key.id)).toHaveLength(1);
    });

    it('can be given up while the platform has done nothing, and not after', async () => {
      const [refused, begun] = [await mirrored(), await mirrored()];
      platform.fail('DELETE', '401');
      const first = await replace(refused.id);
      expect(stepsOf(first.body)).toMatchObject({ old_key_revoked: 'pending', successor_issued: 'pending' });
      expect((await post<Containment>(`/v1/containments/${first.body.containment_id}/cancel`, {})).body).toMatchObject({ state: 'cancelled', steps: expect.arrayContaining([expect.objectContaining({ step: 'old_key_revoked', state: 'not_needed' })]) });
      expect((await replace(refused.id)).status).toBe(200);
      platform.fail('POST', '401');
      const second = await replace(begun.id);
      expect((await post(`/v1/containments/${second.body.containment_id}/cancel`, {})).body).toMatchObject({ code: 'containment_under_way' });
    });

    it('is done for many keys at once, each to its end or told as pending', async () => {
      const [first, second] = [await mirrored(), await mirrored()];
      const own = await registry.key();
      const order = { action: 'revoke_and_replace', target: { keys: [first.id, second.id, own.key_id] }, reason: 'leak' };
      const { plan_token } = (await post<BulkPlan>('/v1/bulk-containments', order)).body;
      platform.fail('POST', '500_before');
      const { body } = await post<BulkContainment>('/v1/bulk-containments', { ...order, plan_token });
      expect(body).toMatchObject({ done: 2, pending: 1 });
      expect(body.keys.filter(({ shown }) => shown !== null)).toHaveLength(2);
      const again = (await post<BulkContainment>(`/v1/bulk-containments/${body.bulk_id}/resume`, {})).body;
      expect(again).toMatchObject({ done: 3, pending: 0 });
      expect(again.keys.filter(({ shown }) => shown !== null)).toHaveLength(1);
      expect([platform.successorsOf(first.id), platform.successorsOf(second.id)].map(({ length }) => length)).toEqual([1, 1]);
    });
  });

  describe('a fault', () => {
    const faults: readonly (readonly [Method, Fault])[] = [
      ...(['hang', 'close_before', 'close_after', '500_before', '500_after', '401', '404', '409', '429', 'redirect', 'flood', 'garbage', 'late'] as const).flatMap((fault) =>
        [['DELETE', fault], ['POST', fault]] as const),
      ...(['hang', 'close_before', '500_before', '401', '404', 'garbage', 'flood'] as const).map((fault) => ['GET', fault] as const),
      ['POST', 'no_secret'],
    ];

    it.each(faults)('of %s (%s) leaves a containment that says what is done; resumed, it comes to one successor', async (method, fault) => {
      for (const forgetful of [false, true]) {
        platform.ignoresIdempotencyKeys = forgetful;
        platform.forgetsMetadata = forgetful;
        const key = await mirrored();
        platform.fail(method, fault, Infinity);
        const first = await replace(key.id);
        const id = first.body.containment_id;
        await assertHonest(key, id);
        if (first.status !== 200) expect(first.body).toMatchObject({ code: 'containment_incomplete', containment_id: expect.any(String) });
        platform.heal();
        platform.catchUp();
        await makeDue();
        // The job does what needs nobody; what shows a secret waits for somebody.
        await runDue();
        await assertHonest(key, id);
        await makeDue();
        const resumed = await resume(id);
        expect(resumed.body).toMatchObject({ state: 'contained', remote: { last_error: null } });
        await assertHonest(key, id);
        expect(platform.successorsOf(key.id)).toHaveLength(1);
        // Whoever was to get the secret got it, or is told that nobody has it and what to do.
        const secret = first.body.secret ?? resumed.body.shown?.['secret'];
        expect(stepsOf(resumed.body)['secret_handed_over']).toBe(secret === undefined ? 'lost' : 'done');
        if (secret === undefined) {
          expect(resumed.body.next).toContain(`/v1/api-keys/${resumed.body.successor_id}/revoke-and-replace`);
          expect((await replace(resumed.body.successor_id!)).body).toMatchObject({ secret: expect.any(String) });
        } else expect(platform.secrets).toContain(secret);
        expect((await sync())?.gone).toBe(0);
      }
    });

    it('whose work may go on unseen keeps a second successor from being asked for until it has settled', async () => {
      platform.ignoresIdempotencyKeys = true;
      const key = await mirrored();
      platform.fail('POST', 'late');
      const { body: { containment_id } } = await replace(key.id);
      await databaseOf(app).updateTable('remote_containments').set({ settles_at: new Date(Date.now() + 3_600_000) }).where('containment_id', '=', containment_id).execute();
      const early = await resume(containment_id);
      expect(early.body).toMatchObject({ state: 'stuck', shown: null, next: expect.stringContaining('cannot be known before') });
      expect(stepsOf(early.body)).toMatchObject({ old_key_revoked: 'done', successor_issued: 'unknown' });
      platform.catchUp();
      await makeDue();
      await runDue();
      expect(await containment(containment_id)).toMatchObject({ state: 'contained', next: expect.stringContaining('nobody has it') });
      expect(platform.successorsOf(key.id)).toHaveLength(1);
    });

    it('of a platform that says it revoked and did not is not believed', async () => {
      const key = await mirrored();
      Object.defineProperty(key, 'revoked_at', { get: () => null, set: () => undefined, configurable: true });
      const { body } = await replace(key.id);
      expect(body).toMatchObject({ code: 'containment_incomplete', last_error: { code: 'key_platform_not_revoked' } });
      expect(stepsOf(body)).toMatchObject({ old_key_revoked: 'unknown', successor_issued: 'pending' });
    });

    it('that left a process dead between two steps is gone on with by the job, and nobody else meanwhile', async () => {
      for (const [column, state] of [['revoke_state', 'attempted'], ['revoke_state', 'pending'], ['create_state', 'attempted']] as const) {
        const owner = await sealingOwner();
        const key = await mirrored({ owner: owner.name });
        platform.fail(column === 'revoke_state' ? 'DELETE' : 'POST', 'close_after', Infinity);
        const { body: { containment_id } } = await replace(key.id, { hand_over: 'sealed' });
        platform.heal();
        // As a process leaves it that is killed there: held, under way, and without a word of what went wrong.
        await databaseOf(app).updateTable('containments').set({ state: 'in_progress' }).where('containment_id', '=', containment_id).execute();
        await databaseOf(app).updateTable('remote_containments').set({ [column]: state, last_error: null, attempts: 0, held_by: 'run_dead', held_until: new Date(Date.now() + 60_000), next_attempt_at: new Date(0) }).where('containment_id', '=', containment_id).execute();
        expect((await resume(containment_id)).body).toMatchObject({ code: 'containment_under_way' });
        await runDue();
        expect((await containment(containment_id)).state).toBe('in_progress');
        await makeDue();
        await runDue();
        expect((await containment(containment_id)).state).toBe('contained');
        await assertHonest(key, containment_id);
        expect(platform.successorsOf(key.id)).toHaveLength(1);
      }
    });

    it('never shows the token or a secret in an answer, the log or the audit trail', async () => {
      const output = captureOutput();
      const answers: unknown[] = [];
      try {
        for (const fault of ['garbage', '500_after', '401', 'redirect', 'flood', 'close_after'] as const) {
          const key = await mirrored();
          platform.fail('POST', fault);
          answers.push((await replace(key.id)).body);
        }
        await sync();
      } finally {
        jest.restoreAllMocks();
        answers.push(output());
      }
      const entries = await databaseOf(app).selectFrom('audit_entries').select('detail').execute();
      const all = JSON.stringify([answers, entries]);
      for (const secret of [platform.token, ...platform.secrets]) expect(all).not.toContain(secret);
    });
  });
}

describeOnBoth('keys that a key platform keeps', (env) => {
  beforeAll(async () => {
    platform = await startFakeKeyPlatform();
    app = await startTestApp({ ...await env(), ...settings() });
    registry = registryOf(app);
  });
  beforeEach(() => {
    platform.keys.clear();
  });
  afterEach(() => {
    platform.heal();
    Object.assign(platform, { ignoresIdempotencyKeys: false, forgetsMetadata: false, pageSize: 500 });
  });
  afterAll(async () => {
    await app.stop();
    await platform.close();
  });
  guarantees();
});
