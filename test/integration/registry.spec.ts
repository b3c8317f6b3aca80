import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair } from 'jose';
import type { ApiKey, AuditPage, Owner, OwnerList, Problem, Workspace } from '@keytrail/contracts';
import { KeyDirectory } from '@keytrail/credentials';
import { startTestApp, type Answer, type TestApp } from '../support/app.js';
import { issueKey, keyKinds } from '../support/key-kinds.js';
import { describeOnPostgresServer } from '../support/postgres-forms.js';
import { registryOf, type TestRegistry } from '../support/registry.js';
import { newName } from '../support/request-lines.js';

const DAY_MS = 86_400_000;
const accountWideOnly = { status: 403, body: { code: 'account_wide_only' } };

let app: TestApp;
let registry: TestRegistry;

const patch = <T>(path: string, body: unknown, token?: string): Promise<Answer<T & Pick<Problem, 'code'>>> => app.call(path, { method: 'PATCH', body, ...(token && { token }) });
const entriesOf = async (id: string) => (await app.call<AuditPage>(`/v1/audit-entries?object_id=${id}`)).body.data;
const daysLeft = ({ rotation_due_at, created_at }: { rotation_due_at: string; created_at: string }) => (Date.parse(rotation_due_at) - Date.parse(created_at)) / DAY_MS;

function guarantees(): void {
  describe('a workspace', () => {
    it('is made with its environment, its security and its rotation policy, and all of it can be changed', async () => {
      const workspace_id = newName('ws');
      const made = await app.call<Workspace>('/v1/workspaces', { body: { workspace_id, name: 'Acme', environment: 'staging', enhanced_security: true, rotation_policy: { api_key: 30 } } });
      expect(made).toMatchObject({
        status: 201, body: { workspace_id, enhanced_security: true, rotation_policy: { api_key: 30, workspace_key: 180, public_key: 365, signing_key: 365 } },
      });
      const changed = await patch<Workspace>(`/v1/workspaces/${workspace_id}`, {
        name: 'Acme EU', environment: 'production', enhanced_security: false, rotation_policy: { api_key: null, signing_key: 90 },
      });
      expect(changed).toMatchObject({
        status: 200, body: { name: 'Acme EU', environment: 'production', enhanced_security: false, rotation_policy: { api_key: 180, signing_key: 90 } },
      });
      expect((await app.call(`/v1/workspaces/${workspace_id}`)).body).toEqual(changed.body);
      expect((await app.call<{ data: Workspace[] }>('/v1/workspaces')).body.data).toContainEqual(changed.body);
      const [entry] = await entriesOf(workspace_id);
      expect(entry).toMatchObject({
        action: 'workspace.changed', workspace_id,
        detail: { before: { name: 'Acme', enhanced_security: true, rotation_policy: { api_key: 30 } }, after: { name: 'Acme EU', enhanced_security: false, rotation_policy: { signing_key: 90 } } },
      });
    });

    it('takes its keys along: their environment, and their rotation dates as far as they come from its policy', async () => {
      const workspace = await registry.workspace(newName('ws'));
      const owner_id = await registry.owner();
      const follows = await registry.key({ workspace, owner_id });
      const asked = await registry.key({ workspace, owner_id, rotation_due_at: new Date(Date.now() + 60 * DAY_MS).toISOString() });
      const revoked = await registry.key({ workspace, owner_id });
      await app.call(`/v1/api-keys/${revoked.key_id}`, { method: 'DELETE' });
      const signing = await issueKey(app, registry, keyKinds[4]!, { workspace });
      const of = async ({ key_id }: { key_id: string }, path = '/v1/api-keys') => (await app.call<ApiKey>(`${path}/${key_id}`)).body;
      expect(daysLeft(follows)).toBe(180);

      await patch(`/v1/workspaces/${workspace}`, { environment: 'development', rotation_policy: { api_key: 30 } });
      expect([await of(follows), await of(asked), await of(revoked)].map(({ environment }) => environment)).toEqual(Array(3).fill('development'));
      expect([daysLeft(await of(follows)), daysLeft(await of(asked)), daysLeft(await of(revoked)), daysLeft(await of(signing, '/v1/signing-keys'))]).toEqual([30, 30, 180, 365]);
      await patch(`/v1/workspaces/${workspace}`, { rotation_policy: { api_key: 90 } });
      expect([daysLeft(await of(follows)), daysLeft(await of(asked))]).toEqual([90, 30]);
      expect(daysLeft(await registry.key({ workspace, owner_id }))).toBe(90);
    });

    it('is made by callers of the whole account, and changed by those of the workspace', async () => {
      const [ours, theirs] = [await registry.workspace(newName('ws')), await registry.workspace(newName('ws'))];
      const admin = await registry.token('admin', [ours]);
      expect(await app.call('/v1/workspaces', { body: { name: 'x', environment: 'test' }, token: admin })).toMatchObject(accountWideOnly);
      expect((await patch(`/v1/workspaces/${ours}`, { name: 'ours' }, admin)).status).toBe(200);
      for (const id of [theirs, 'nowhere']) {
        expect(await patch(`/v1/workspaces/${id}`, { name: 'ours' }, admin)).toMatchObject({ status: 404 });
        expect(await app.call(`/v1/workspaces/${id}`, { token: admin })).toMatchObject({ status: 404 });
      }
      expect(await patch('/v1/workspaces/nowhere', { name: 'x' })).toMatchObject({ status: 404 });
    });

    it.each([
      {}, { workspace_id: 'other' }, { name: '' }, { environment: 'prod' }, { enhanced_security: 'yes' }, { rotation_policy: { api_key: 0 } }, { rotation_policy: { api_key: 1.5 } },
      { rotation_policy: { api_key: 3651 } }, { rotation_policy: { service_token: 30 } }, { rotation_policy: null }, null, [],
    ])('is not changed by %j', async (body) => {
      expect((await patch('/v1/workspaces/default', body)).status).toBe(400);
    });
  });

  describe('an owner', () => {
    it('is made with a way to reach them, and changed; the audit trail has before and after', async () => {
      const { owner_id } = (await app.call<Owner>('/v1/owners', { body: { name: newName('Ada'), kind: 'person', contact: 'ada@example.test' } })).body;
      const name = newName('Ada L');
      const changed = await patch<Owner>(`/v1/owners/${owner_id}`, { name, contact: '#ada' });
      expect(changed).toMatchObject({ status: 200, body: { owner_id, name, kind: 'person', contact: '#ada', status: 'active', left_at: null, public_key: null } });
      expect((await app.call(`/v1/owners/${owner_id}`)).body).toEqual(changed.body);
      expect((await app.call<OwnerList>('/v1/owners')).body.data).toContainEqual(changed.body);
      expect((await entriesOf(owner_id))[0]).toMatchObject({ action: 'owner.changed', detail: { before: { contact: 'ada@example.test' }, after: { name, contact: '#ada' } } });
      expect(await patch(`/v1/owners/${await registry.owner()}`, { name })).toMatchObject({ status: 409, body: { code: 'owner_exists' } });
      expect((await patch(`/v1/owners/${owner_id}`, { name })).status).toBe(200);
      expect(await patch('/v1/owners/own_0', { name: 'x' })).toMatchObject({ status: 404 });
      expect(await app.call('/v1/owners/own_0')).toMatchObject({ status: 404 });
    });

    it('says whom to ask next, and what other systems call it, which no other owner is called', async () => {
      const escalation = [{ name: 'Bo', contact: 'bo@example.test' }, { name: 'On call', contact: '#on-call' }];
      const names = { handle: newName('Acme'), external_id: newName('ext') };
      const made = await app.call<Owner>('/v1/owners', { body: { name: newName('Ada'), kind: 'person', contact: '#ada', email: 'ada@example.test', ...names, escalation } });
      expect(made).toMatchObject({ status: 201, body: { email: 'ada@example.test', ...names, escalation, source: null } });
      for (const [body, code] of [[{ handle: names.handle.toLowerCase() }, 'handle_taken'], [{ external_id: names.external_id }, 'external_id_taken']] as const) {
        expect(await app.call('/v1/owners', { body: { name: newName('Cy'), kind: 'person', contact: '#cy', ...body } })).toMatchObject({ status: 409, body: { code } });
        expect(await patch(`/v1/owners/${await registry.owner()}`, body)).toMatchObject({ status: 409, body: { code } });
      }
      const path = `/v1/owners/${made.body.owner_id}`;
      expect((await patch<Owner>(path, { escalation: escalation.toReversed(), email: null, handle: null, external_id: null })).body)
        .toMatchObject({ escalation: escalation.toReversed(), email: null, handle: null, external_id: null });
      expect((await entriesOf(made.body.owner_id))[0]).toMatchObject({ detail: { before: { escalation }, after: { escalation: escalation.toReversed() } } });
      for (const bad of [Array.from({ length: 6 }, () => escalation[0]), [{ name: 'Bo' }], [{ name: 'Bo', contact: 'kt_key_0123456789012345678901234567890123' }]]) {
        expect((await patch(path, { escalation: bad })).status).toBe(400);
      }
    });

    it('leaves on a date that is kept, and may come back', async () => {
      const owner_id = await registry.owner();
      const left = await patch<Owner>(`/v1/owners/${owner_id}`, { status: 'left' });
      expect(left.body).toMatchObject({ status: 'left', left_at: expect.any(String) });
      expect((await patch<Owner>(`/v1/owners/${owner_id}`, { status: 'left', contact: '#gone' })).body).toMatchObject({ left_at: left.body.left_at });
      expect((await patch<Owner>(`/v1/owners/${owner_id}`, { status: 'active' })).body).toMatchObject({ status: 'active', left_at: null });
      expect((await entriesOf(owner_id)).map(({ action }) => action)).toEqual(['owner.changed', 'owner.changed', 'owner.left', 'owner.created']);
    });

    it('may have a public key that secrets can be handed over to, and never a private one', async () => {
      const { publicKey, privateKey } = await generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true });
      const [public_key, secret] = [await exportJWK(publicKey), await exportJWK(privateKey)];
      const made = await app.call<Owner>('/v1/owners', { body: { name: newName('Bo'), kind: 'person', contact: '#bo', public_key } });
      expect(made).toMatchObject({ status: 201, body: { public_key } });
      const path = `/v1/owners/${made.body.owner_id}`;
      for (const bad of [secret, { kty: 'oct', k: 'AAAA' }, { ...public_key, use: 'sig' }, 'x']) {
        const answer = await patch(path, { public_key: bad });
        expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
        expect(JSON.stringify(answer.body)).not.toContain(secret.d);
      }
      expect(await patch(path, { public_key: { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' } })).toMatchObject({ status: 400, body: { code: 'unusable_public_key' } });
      expect((await app.call<Owner>(path)).body.public_key).toEqual(public_key);
      expect((await patch<Owner>(path, { public_key: null })).body.public_key).toBeNull();
    });

    it('belongs to the account: a caller of one workspace sees those of keys there, and changes none', async () => {
      const workspace = await registry.workspace(newName('ws'));
      const [ours, theirs] = [await registry.owner(), await registry.owner()];
      await registry.key({ workspace, owner_id: ours });
      const admin = await registry.token('admin', [workspace]);
      expect((await app.call(`/v1/owners/${ours}`, { token: admin })).status).toBe(200);
      expect((await app.call(`/v1/owners/${theirs}`, { token: admin })).status).toBe(404);
      for (const id of [ours, theirs]) expect(await patch(`/v1/owners/${id}`, { contact: '#mine' }, admin)).toMatchObject(accountWideOnly);
    });

    it('is known to the stages that look keys up as soon as they ask again', async () => {
      const { key_id, owner } = await registry.key();
      const directory = app.standalone.app.get(KeyDirectory, { strict: false });
      await directory.refresh();
      expect(directory.find(key_id)).toMatchObject({ owner_contact: owner.contact });
      await patch(`/v1/owners/${owner.owner_id}`, { contact: '#moved' });
      await directory.refresh();
      expect(directory.find(key_id)).toMatchObject({ owner_contact: '#moved' });
    });

    it('is changed while keys are issued to them and rotated, without either waiting for the other for good', async () => {
      const workspace = await registry.workspace(newName('ws'));
      const owner_id = await registry.owner();
      const keys = await Promise.all(Array.from({ length: 4 }, () => registry.key({ workspace, owner_id })));
      for (let round = 0; round < 5; round += 1) {
        const answers = await Promise.all(Array.from({ length: 6 }, (_, index) => [
          patch(`/v1/owners/${owner_id}`, { contact: `#${index}` }), patch(`/v1/workspaces/${workspace}`, { rotation_policy: { api_key: 30 + index } }),
          app.call('/v1/api-keys', { body: { workspace, service: 'x', owner_id } }), app.call(`/v1/api-keys/${keys[index % 4]!.key_id}/rotate`, { body: {} }),
          patch(`/v1/api-keys/${keys[(index + round) % 4]!.key_id}`, { owner_id }),
        ]).flat());
        // 409: rotated before.
        expect(answers.map(({ status }) => status).filter((status) => ![200, 201, 409].includes(status))).toEqual([]);
      }
      const { data } = (await app.call<{ data: ApiKey[] }>(`/v1/api-keys?owner_id=${owner_id}&state=active`)).body;
      expect(data).toHaveLength(4 + 5 * 6);
    });
  });
}

describe('the registry', () => {
  beforeAll(async () => {
    app = await startTestApp();
    registry = registryOf(app);
  });
  afterAll(() => app.stop());
  guarantees();
});

describeOnPostgresServer('the registry on a Postgres server', (env) => {
  beforeAll(async () => {
    app = await startTestApp(await env());
    registry = registryOf(app);
  });
  afterAll(() => app.stop());
  guarantees();
});
