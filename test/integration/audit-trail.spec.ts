import { readFile, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { readPublicKeys, verifyFile, verifyInclusion } from '@keytrail/audit-proof';
import { Checkpoints } from '@keytrail/audit-trail';
import type { AuditCheckpoint, AuditCheckpointPage, AuditPage, AuditProof, CheckpointKeySet, CreatedApiKey, IncidentBundle, IncidentPage, Replacement } from '@keytrail/contracts';
import { Database } from '@keytrail/postgres';
import { startTestApp, type TestApp } from '../support/app.js';
import { runKeytrail } from '../support/cli.js';
import { nativeLine, ndjson } from '../support/request-lines.js';
import { callFrom, registryOf, type TestRegistry } from '../support/registry.js';
import { createTempDir, type TempDir } from '../support/temp-dir.js';

async function keysOf(app: TestApp) {
  return readPublicKeys(JSON.stringify((await app.call<CheckpointKeySet>('/v1/audit/public-keys')).body));
}

describe('the audit trail', () => {
  let app: TestApp;
  let registry: TestRegistry;
  let key: CreatedApiKey;
  let directory: TempDir;
  beforeAll(async () => {
    directory = await createTempDir();
    app = await startTestApp();
    registry = registryOf(app);
    key = await registry.key();
  });
  afterAll(async () => {
    await app?.stop();
    await directory?.remove();
  });

  const sign = () => app.standalone.app.get(Checkpoints, { strict: false }).sign();
  const entries = async (query = '') => (await app.call<AuditPage>(`/v1/audit-entries?limit=1000${query}`)).body.data;
  const verify = async (content: string) => verifyFile([Buffer.from(content)], { keys: await keysOf(app), held: [] });

  const run = (...args: string[]) => runKeytrail('audit', ...args);
  const server = () => ['--url', app.url, '--token', app.adminToken];
  const file = (name: string) => join(directory.path, name);

  it('serves checkpoints, the newest first, and a page at a time', async () => {
    const signed = [await sign(), await sign(), await sign()];
    expect((await app.call<AuditCheckpoint>('/v1/audit/checkpoints/latest')).body).toEqual(signed[2]);
    const page = (await app.call<AuditCheckpointPage>('/v1/audit/checkpoints?limit=2')).body;
    expect(page.data).toEqual([signed[2], signed[1]]);
    expect((await app.call<AuditCheckpointPage>(`/v1/audit/checkpoints?limit=1&cursor=${page.next_cursor}`)).body.data).toEqual([signed[0]]);
  });

  it('proves entries to callers who may see them', async () => {
    await sign();
    const [made] = await entries(`&object_id=${key.key_id}`);
    const { body, status } = await app.call<AuditProof>(`/v1/audit/entries/${made!.entry_id}/proof`);
    expect([status, body.entry]).toEqual([200, made]);
    const { size, root } = body.checkpoint.body;
    expect(verifyInclusion({ hash: Buffer.from(body.leaf_hash, 'hex'), index: body.index }, { size, root: Buffer.from(root, 'hex') }, body.path.map((hash) => Buffer.from(hash, 'hex')))).toBe(true);
    const elsewhere = await registry.token('responder', [await registry.workspace('elsewhere')]);
    expect((await app.call(`/v1/audit/entries/${made!.entry_id}/proof`, { token: elsewhere })).status).toBe(404);
    for (const id of ['0', '99999999', 'x', '1e3', '-1', '9'.repeat(30)]) expect([id, (await app.call(`/v1/audit/entries/${id}/proof`)).status]).toEqual([id, 404]);
    expect((await app.call(`/v1/audit/consistency?first=0&second=${size}`)).body).toEqual({ first: 0, second: size, path: [] });
    for (const query of ['first=2&second=1', 'first=0&second=99999999', 'first=-1&second=1', 'first=1']) {
      expect([query, (await app.call(`/v1/audit/consistency?${query}`)).status]).toEqual([query, 400]);
    }
  });

  it('is exported whole, with this export in it, for administrators of the whole account only', async () => {
    const { status, headers, body } = await app.call<string>('/v1/audit/export');
    expect([status, headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
    expect(await verify(body)).toMatchObject({ outcome: 'whole', problems: [] });
    const lines = body.split('\n').filter(Boolean).map((line) => JSON.parse(line) as { type: string; entry: { entry_id: number; action: string } });
    const listed = await entries();
    expect(lines.filter(({ type }) => type === 'entry').map(({ entry }) => entry)).toEqual([...listed].reverse());
    expect(listed[0]).toMatchObject({ action: 'audit_trail.exported', actor: 'token:tok_administrator', actor_address: expect.stringMatching(/127\.0\.0\.1/), request_id: headers.get('x-request-id') ?? expect.any(String) });
    for (const secret of [key.secret, app.adminToken]) expect(body).not.toContain(secret);
    const scoped = await registry.token('admin', ['default']);
    expect((await app.call('/v1/audit/export', { token: scoped }))).toMatchObject({ status: 403, body: { code: 'account_wide_only' } });
    expect((await app.call('/v1/audit/export', { token: await registry.token('responder') })).status).toBe(403);
    for (const query of ['from=yesterday', 'from_index=-1', 'from_index=99999', 'from_index=1&from=2026-01-01T00:00:00Z', 'x=1']) {
      expect([query, (await app.call(`/v1/audit/export?${query}`)).status]).toEqual([query, 400]);
    }
  });

  it('notes who looks up a key of somebody else, before the answer', async () => {
    const viewer = await registry.token('viewer');
    const at = async (path: string, token?: string) => (await callFrom(app, '198.51.100.7', path, { ...(token && { token }) })).status;
    const seen = async () => (await entries()).filter(({ object_type }) => object_type === 'key').map(({ action, object_id, workspace_id, actor_address, detail }) => [action, object_id, workspace_id, actor_address, detail]);
    expect(await at(`/v1/request-logs?key_id=${key.key_id}&status=403`, viewer)).toBe(200);
    expect(await at(`/v1/request-logs?key_fingerprint=${key.fingerprint}`, viewer)).toBe(200);
    expect(await at(`/v1/api-keys/${key.key_id}/activity`, viewer)).toBe(200);
    expect(await at('/v1/request-logs?key_id=not-registered', viewer)).toBe(200);
    // The administrator issued the key; and a search that names no key is about nobody.
    expect(await at(`/v1/request-logs?key_id=${key.key_id}`)).toBe(200);
    expect(await at('/v1/request-logs?status=200', viewer)).toBe(200);
    expect(await seen()).toEqual([
      ['request_logs.searched', 'not-registered', null, '198.51.100.7', expect.objectContaining({ key_id: 'not-registered' })],
      ['activity.read', key.key_id, 'default', '198.51.100.7', expect.objectContaining({ key_id: key.key_id })],
      ['request_logs.searched', key.key_id, 'default', '198.51.100.7', expect.objectContaining({ key_fingerprint: key.fingerprint })],
      ['request_logs.searched', key.key_id, 'default', '198.51.100.7', expect.objectContaining({ key_id: key.key_id, status: 403 })],
    ]);
  });

  it('gives no answer that it cannot note', async () => {
    const database = app.standalone.app.get(Database, { strict: false });
    await sql`ALTER TABLE audit_entries ADD CONSTRAINT none CHECK (actor = 'nobody') NOT VALID`.execute(database);
    try {
      expect((await app.call('/v1/request-logs?key_id=whose')).status).toBe(500);
      expect((await app.call('/v1/audit/export')).status).toBe(500);
    } finally {
      await sql`ALTER TABLE audit_entries DROP CONSTRAINT none`.execute(database);
    }
  });

  describe('of an incident', () => {
    let incidentId: string;
    let successor: string;
    let containmentId: string;
    beforeAll(async () => {
      const now = Date.now();
      await app.call('/v1/request-logs', { body: ndjson(Array.from({ length: 40 }, (_, index) => nativeLine({
        time: now - 60_000 + index * 100, request_id: `burst-${index}`, key_id: key.key_id, workspace: 'default', status: 403, address: '203.0.113.9',
      }))) });
      await app.detect();
      incidentId = (await app.call<IncidentPage>(`/v1/incidents?key_id=${key.key_id}`)).body.data[0]!.incident_id;
      const { body } = await app.call<Replacement>(`/v1/api-keys/${key.key_id}/revoke-and-replace`, { body: { reason: 'stolen', incident_id: incidentId } });
      [successor, containmentId] = [body.replacement.key_id, body.containment_id];
    });

    const fetchBundle = async () => (await fetch(`${app.url}/v1/incidents/${incidentId}/bundle`, { headers: { authorization: `Bearer ${app.adminToken}` } })).text();

    it('comes in a bundle with its timeline, evidence and every entry about its keys, proven', async () => {
      const content = await fetchBundle();
      expect(await verify(content)).toMatchObject({ outcome: 'whole', problems: [] });
      const { body } = JSON.parse(content) as IncidentBundle;
      expect(body.incident).toMatchObject({ incident_id: incidentId, state: 'contained', evidence: [{ rule_id: 'denied-burst' }] });
      expect(body.incident.timeline.map(({ kind }) => kind).filter((kind) => kind !== 'key')).toEqual(['opened', 'finding', 'action', 'state']);
      expect(body.incident.timeline.filter(({ kind }) => kind === 'key').map(({ text }) => text)).toContainEqual(expect.stringMatching(/was made$/));
      const told = body.audit.entries.map(({ entry }) => [entry.action, entry.object_id]);
      expect(told).toEqual(expect.arrayContaining([
        ['api_key.created', key.key_id], ['request_logs.searched', key.key_id], ['api_key.revoked', key.key_id], ['api_key.created', successor], ['incident.exported', incidentId],
        ['containment.started', containmentId],
      ]));
      expect(content).not.toContain(key.secret);
    });

    it('comes with the report of its leak, and with what many keys at once were ordered to', async () => {
      const leaked = await registry.key();
      const { leak_id } = (await app.call<{ leak_id: string }>('/v1/leaks', { body: { items: [{ token: leaked.secret }] } })).body;
      const order = { action: 'revoke', target: { leak_id }, reason: 'leaked' };
      const { plan_token } = (await app.call<{ plan_token: string }>('/v1/bulk-containments', { body: order })).body;
      const { bulk_id, keys } = (await app.call<{ bulk_id: string; keys: { containment_id: string }[] }>('/v1/bulk-containments', { body: { ...order, plan_token } })).body;
      const { incident_id } = (await app.call<IncidentPage>(`/v1/incidents?key_id=${leaked.key_id}`)).body.data[0]!;
      const bundle = (await app.call<IncidentBundle>(`/v1/incidents/${incident_id}/bundle`)).body;
      expect(bundle.body.audit.entries.map(({ entry }) => [entry.action, entry.object_id])).toEqual(expect.arrayContaining([
        ['leak.reported', leak_id], ['api_key.leaked', leaked.key_id], ['bulk_containment.started', bulk_id], ['containment.started', keys[0]!.containment_id],
      ]));
    });

    it('is found out when one bit of the bundle is flipped', async () => {
      const [bytes, keys] = [Buffer.from(await fetchBundle()), await keysOf(app)];
      for (let at = 0; at < bytes.length; at += 13) {
        const changed = Buffer.from(bytes);
        changed[at]! ^= 1 << at % 8;
        expect([at, (await verifyFile([changed], { keys, held: [] })).outcome]).toEqual([at, 'tampered']);
      }
      for (const changed of [bytes.subarray(0, -1), Buffer.concat([bytes, Buffer.from('x')]), Buffer.concat([bytes, bytes])]) {
        expect((await verifyFile([changed], { keys: await keysOf(app), held: [] })).outcome).toBe('tampered');
      }
    });

    it('comes in a bundle at the command line too', async () => {
      await writeFile(file('keys-of-bundle.json'), (await run('public-key', ...server())).stdout);
      expect((await run('bundle', incidentId, '--out', file('bundle.json'), ...server())).exitCode).toBe(0);
      expect(await run('verify', file('bundle.json'), '--public-key', file('keys-of-bundle.json'))).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`the bundle of incident ${incidentId} is as it was exported`) });
      expect((await run('bundle', 'inc_none', '--out', file('b'), ...server()))).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('404') });
    });

    it('is for who may read the audit trail and the incident', async () => {
      const path = `/v1/incidents/${incidentId}/bundle`;
      expect((await app.call(path, { token: await registry.token('viewer') })).status).toBe(403);
      expect((await app.call(path, { token: await registry.token('responder', ['elsewhere']) })).status).toBe(404);
      expect((await app.call(path, { token: await registry.token('responder', ['default']) })).status).toBe(200);
      expect((await app.call('/v1/incidents/inc_none/bundle')).status).toBe(404);
    });
  });

  describe('at the command line', () => {
    it('is exported, and verified without a server; the exit code tells whole, tampered with and unreadable apart', async () => {
      const [saved, key_, held] = [file('trail.ndjson'), file('key.json'), file('held.ndjson')];
      await writeFile(key_, (await run('public-key', ...server())).stdout);
      await sign();
      await writeFile(held, (await run('checkpoint', ...server())).stdout);
      expect(await run('export', '--out', saved, ...server())).toEqual({ exitCode: 0, stdout: '', stderr: '' });
      expect((await run('export', '--from-index', '3', ...server())).stdout).toMatch(/^\{"body":\{.*\n$/s);
      const good = await run('verify', saved, '--public-key', key_, '--checkpoint', held);
      expect(good).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^whole\n {2}\d+ entries, 0 up to \d+, are as they were when signed;(.*\n)+.*1 checkpoints you hold agree\n$/), stderr: '' });

      const lines = (await readFile(saved, 'utf8')).split('\n');
      const third = lines.findIndex((line) => line.includes('"index":3,'));
      await writeFile(file('edited.ndjson'), lines.with(third, lines[third]!.replace('"actor":"', '"actor":"x')).join('\n'));
      expect(await run('verify', file('edited.ndjson'), '--public-key', key_)).toEqual({
        exitCode: 1, stderr: '', stdout: `TAMPERED WITH\n  line ${third + 1}: entry 3 of the tree (entry_id 4) is not what was recorded: it was edited\n`,
      });
      expect(JSON.parse((await run('verify', file('edited.ndjson'), '--public-key', key_, '--json')).stdout)).toMatchObject({ outcome: 'tampered', problems: [expect.any(String)] });
      expect(await run('verify', file('none'), '--public-key', key_)).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('none cannot be read') });
      expect(await run('verify', saved, '--public-key', saved)).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('no Ed25519 public key') });
      expect(await run('verify', saved, '--public-key', key_, '--checkpoint', key_)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('does not hold checkpoints') });
      expect((await run('verify', saved)).exitCode).toBe(2);
      expect(await run('export', '--out', file('x'), '--url', app.url, '--token', 'kt_access_wrong')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('401') });
      expect(await run('export', '--out', join(file('no-folder'), 'x'), ...server())).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('cannot be read') });
    });
  });
});

describe('the key of the checkpoints', () => {
  it('can be changed: what was signed before still verifies, with the key of then', async () => {
    const directory = await createTempDir();
    let app = await startTestApp({ KEYTRAIL_DATA_DIR: directory.path });
    try {
      const sign = () => app.standalone.app.get(Checkpoints, { strict: false }).sign();
      await sign();
      const [before] = (await app.call<CheckpointKeySet>('/v1/audit/public-keys')).body.keys;
      await app.stop();
      app = await startTestApp({ KEYTRAIL_DATA_DIR: directory.path, KEYTRAIL_CHECKPOINT_KEYS: `1:${randomBytes(32).toString('base64')}` });
      await sign();
      const { keys } = (await app.call<CheckpointKeySet>('/v1/audit/public-keys')).body;
      expect(keys).toEqual([before, expect.objectContaining({ kid: expect.not.stringMatching(before!.kid) })]);
      const exported = Buffer.from((await app.call<string>('/v1/audit/export')).body);
      const verifyWith = async (...known: typeof keys) => (await verifyFile([exported], { keys: await readPublicKeys(JSON.stringify({ keys: known })), held: [] })).outcome;
      expect([await verifyWith(...keys), await verifyWith(keys[0]!), await verifyWith(keys[1]!)]).toEqual(['whole', 'tampered', 'tampered']);
    } finally {
      await app.stop();
      await directory.remove();
    }
  }, 120_000);
});
