import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ApiKey, AuditPage, BulkPlan, FindingPage, KeyEventPage, Owner, OwnerImport, OwnerList, PolicyViolationPage } from '@keytrail/contracts';
import { OwnerFileJob, PolicyChecks } from '@keytrail/credentials';
import { Sweep } from '@keytrail/detection';
import { startTestApp, type Answer, type TestApp } from '../support/app.js';
import { runKeytrail } from '../support/cli.js';
import { describeOnBoth } from '../support/postgres-forms.js';
import { registryOf, type TestRegistry } from '../support/registry.js';
import { databaseOf, newName } from '../support/request-lines.js';
import { createTempDir, type TempDir } from '../support/temp-dir.js';

describeOnBoth('an import of owners', (env) => {
  let app: TestApp;
  let registry: TestRegistry;
  /** What no other test's owners are called. */
  let n: string;

  beforeAll(async () => {
    app = await startTestApp(await env());
    registry = registryOf(app);
  });
  beforeEach(() => {
    n = newName('n');
  });
  afterAll(() => app?.stop());

  const ask = (body: object, token?: string): Promise<Answer<OwnerImport & { code: string }>> => app.call('/v1/owners/import', { body, ...(token && { token }) });
  const run = async (format: string, content: unknown, more: object = {}) => {
    const answer = await ask({ format, content, dry_run: false, source: n, ...more });
    expect([answer.status, answer.body]).toEqual([200, answer.body]);
    return answer.body;
  };
  const owners = async () => (await app.call<OwnerList>('/v1/owners')).body.data.filter(({ name }) => name.includes(n));
  const entriesOf = async (id: string) => (await app.call<AuditPage>(`/v1/audit-entries?object_id=${id}`)).body.data;
  const ownerOf = async (keyId: string) => (await app.call<ApiKey>(`/v1/api-keys/${keyId}`)).body.owner;

  it('takes from a directory, as soon as it says so, that somebody left and came back', async () => {
    await run('scim', { schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'], totalResults: 1, Resources: [{ id: `id-${n}`, userName: `ada-${n}@x.test`, displayName: `Ada ${n}`, active: true }] });
    const patch = (id: string, ...Operations: object[]) => app.call<{ code: string }>(`/v1/scim/v2/Users/${id}`, { method: 'PATCH', body: { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations } });
    const status = async () => (await owners())[0]!.status;
    expect((await patch(`id-${n}`, { op: 'replace', value: { active: false } })).status).toBe(204);
    expect(await status()).toBe('left');
    expect((await patch(`id-${n}`, { op: 'Replace', path: 'active', value: 'True' })).status).toBe(204);
    expect(await status()).toBe('active');
    expect((await patch(`id-${n}`, { op: 'Replace', path: 'active', value: 'False' }, { op: 'Replace', path: 'displayName', value: 'Somebody else' })).status).toBe(204);
    const [owner] = await owners();
    expect(owner).toMatchObject({ status: 'left', name: `Ada ${n}` });
    expect((await entriesOf(owner!.owner_id)).map(({ action }) => action)).toEqual(['owner.left', 'owner.changed', 'owner.left', 'owner.created']);
    expect((await patch('nobody', { op: 'replace', value: { active: false } })).status).toBe(404);
    expect((await patch(`id-${n}`, { op: 'replace', path: 'active', value: 'perhaps' })).body).toMatchObject({ code: 'invalid_feed' });
    const viewer = await registry.token('viewer');
    expect((await app.call(`/v1/scim/v2/Users/id-${n}`, { method: 'PATCH', token: viewer, body: {} })).status).toBe(403);
  });

  it('shows first what it would do, does that, and nothing the second time', async () => {
    const table = `name,kind,email,escalation\nAda ${n},person,ada-${n}@x.test,"Bo <bo@x.test>; #on-call"\nTeam ${n},team,team-${n}@x.test,\n`;
    const dry = await ask({ format: 'csv', content: table, source: n });
    expect(dry.body).toMatchObject({ dry_run: true, import_id: null, counts: { read: 2, created: 2, refused: 0 }, created: [{ line: 2, owner_id: null, name: `Ada ${n}` }, { line: 3 }] });
    expect(await owners()).toEqual([]);
    const done = await run('csv', table);
    expect(done).toMatchObject({ dry_run: false, counts: dry.body.counts });
    expect(await owners()).toMatchObject([
      { name: `Ada ${n}`, contact: `ada-${n}@x.test`, source: n, status: 'active', escalation: [{ name: 'Bo', contact: 'bo@x.test' }, { name: '#on-call', contact: '#on-call' }] },
      { name: `Team ${n}`, kind: 'team', escalation: [] },
    ]);
    expect(await run('csv', table)).toMatchObject({ counts: { created: 0, changed: 0, left: 0, unchanged: 2 } });
    expect(await entriesOf(done.import_id!)).toMatchObject([{ action: 'owners.imported', detail: { format: 'csv', source: n, counts: { created: 2 } } }]);
    expect(await entriesOf(done.created[0]!.owner_id!)).toMatchObject([{ action: 'owner.created', detail: { name: `Ada ${n}` } }]);
  });

  it('leaves bad lines out, by number, applies the others, and keeps no secret', async () => {
    const secret = `kt_api_${'aB3'.repeat(12)}`;
    const { counts, refused, import_id } = await run('csv', `name,contact,external_id\nAda ${n},#ada,\n${secret},#x,\nBo ${n},#bo,${secret}\n"open ${n},#x`);
    expect([counts, refused.map(({ line, code }) => [line, code])]).toMatchObject([{ created: 1, refused: 3 }, [[3, 'invalid_field'], [4, 'invalid_field'], [5, 'invalid_line']]]);
    expect(JSON.stringify([refused, await entriesOf(import_id!)])).not.toContain('aB3aB3');
    expect((await owners()).map(({ name }) => name)).toEqual([`Ada ${n}`]);
  });

  it('of somebody who left makes their keys a violation and a finding, and names the call that contains them all', async () => {
    const user = (active: boolean) => ({ schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], id: n, userName: `${n}@x.test`, displayName: `Ada ${n}`, active });
    await run('scim', user(true));
    const [{ owner_id } = {} as Owner] = await owners();
    const key = await registry.key({ owner_id });
    const start = (await app.call<KeyEventPage>('/v1/revocations?cursor=now')).body.next_cursor;
    const { left } = await run('scim', JSON.stringify(user(false)));
    expect(left).toMatchObject([{ line: 1, owner_id, active_keys: 1, action: { call: expect.stringContaining(owner_id) } }]);
    expect(await owners()).toMatchObject([{ status: 'left', left_at: expect.any(String) }]);
    expect((await entriesOf(owner_id))[0]).toMatchObject({ action: 'owner.left' });
    // Whoever remembers the key hears of it.
    expect((await app.call<KeyEventPage>(`/v1/revocations?cursor=${start}`)).body.data).toMatchObject([{ type: 'changed', key_id: key.key_id }]);

    await app.standalone.app.get(PolicyChecks, { strict: false }).checkAll();
    await app.standalone.app.get(Sweep, { strict: false }).run();
    const { body: { data: [violation] } } = await app.call<PolicyViolationPage>(`/v1/policy-violations?policy=owner-left&owner_id=${owner_id}`);
    expect(violation).toMatchObject({ key_id: key.key_id, severity: 'breach', suggested_actions: expect.arrayContaining([left[0]!.action]) });
    const findings = (await app.call<FindingPage>('/v1/findings?rule_id=owner-gone')).body.data;
    expect(findings).toContainEqual(expect.objectContaining({ principal: `Ada ${n}`, summary: expect.stringContaining(key.name) }));
    const [, path, body] = /^POST (\S+) (.*)$/.exec(left[0]!.action!.call!)!;
    expect(await app.call<BulkPlan>(path!, { body: JSON.parse(body!) as object })).toMatchObject({ status: 200, body: { dry_run: true, keys: [{ key_id: key.key_id, refused: null }] } });

    expect(await run('scim', user(true))).toMatchObject({ changed: [{ fields: ['status'] }] });
    expect(await owners()).toMatchObject([{ status: 'active', left_at: null }]);
  });

  it('that is empty, or says that too many left, changes nothing without a say-so', async () => {
    const table = (count: number, status = 'active') => `name,contact,status\n${Array.from({ length: count }, (_, index) => `P${index} ${n},#p,${status}\n`).join('')}`;
    await run('csv', table(12));
    const limit = Math.max(3, Math.floor((await app.call<OwnerList>('/v1/owners')).body.data.filter(({ status }) => status === 'active').length / 10));
    for (const [content, more] of [[table(12, 'left'), {}], [table(1), { absent: 'left' }]] as const) {
      expect((await ask({ format: 'csv', content, source: n, ...more })).body).toMatchObject({ left_limit: { most: limit, exceeded: true } });
      expect(await ask({ format: 'csv', content, source: n, dry_run: false, ...more })).toMatchObject({ status: 409, body: { code: 'too_many_left' } });
    }
    expect(await ask({ format: 'csv', content: 'name,contact,status\n', dry_run: false, absent: 'left', source: n })).toMatchObject({ status: 400, body: { code: 'empty_feed' } });
    expect(await ask({ format: 'scim', content: { Resources: [{ userName: 'x' }], totalResults: 2 }, absent: 'left' })).toMatchObject({ status: 400, body: { code: 'incomplete_feed' } });
    expect((await owners()).every(({ status }) => status === 'active')).toBe(true);
    expect(await run('csv', table(1), { absent: 'left', most_left: 11 })).toMatchObject({ counts: { left: 11, unchanged: 1 } });
    expect((await owners()).filter(({ status }) => status === 'left')).toHaveLength(11);
  });

  it('of patterns gives keys to whom the last match names, makes who is missing, and tells each key\'s record', async () => {
    const workspace = await registry.workspace(newName('ws'));
    const [pay, other] = [await registry.key({ workspace, service: 'pay' }), await registry.key({ workspace, service: 'other' })];
    const elsewhere = await registry.key({ service: 'pay' });
    const { import_id, ...done } = await run('codeowners', `* @rest-${n}\npay/ @acme/pay-${n} @second\nnothing/ @nobody-${n}\n`, { workspace });
    expect(done).toMatchObject({ counts: { created: 2, reassigned: 2, refused: 0 }, notes: [{ line: 2 }, { line: 3 }] });
    expect(await ownerOf(pay.key_id)).toMatchObject({ name: `acme/pay-${n}`, contact: `@acme/pay-${n}` });
    expect(await ownerOf(other.key_id)).toMatchObject({ name: `rest-${n}` });
    expect(await ownerOf(elsewhere.key_id)).toEqual(elsewhere.owner);
    expect((await entriesOf(pay.key_id))[0]).toMatchObject({ action: 'api_key.changed', workspace_id: workspace, detail: { before: { owner_id: pay.owner.owner_id } } });
    expect(await run('codeowners', `* @rest-${n}\npay/ @acme/pay-${n}\n`, { workspace })).toMatchObject({ counts: { created: 0, reassigned: 0, unchanged: 2 } });
  });

  it('is for callers of the whole account who may write owners', async () => {
    const body = { format: 'csv', content: `name,contact\nX ${n},#x\n` };
    expect((await ask(body, await registry.token('responder'))).status).toBe(403);
    expect(await ask(body, await registry.token('admin', ['default']))).toMatchObject({ status: 403, body: { code: 'account_wide_only' } });
  });

  it.each([
    { format: 'xml', content: 'x' }, { format: 'csv', content: { a: 1 } }, { format: 'csv', content: '' }, { format: 'csv' }, { format: 'csv', content: 'kind\nperson' },
    { format: 'csv', content: 'name\nx', most_left: -1 }, { format: 'scim', content: 'x' }, { format: 'codeowners', content: '# x' },
  ])('refuses %j', async (body) => {
    expect((await ask(body)).status).toBe(400);
  });

  it('takes thousands of owners at once, and two imports at the same time without doubling any', async () => {
    const table = `name,contact\n${Array.from({ length: 3_000 }, (_, index) => `P${index} ${n},#p\n`).join('')}`;
    const both = await Promise.all([run('csv', table), run('csv', table)]);
    expect(both.map(({ counts }) => counts.created).sort()).toEqual([0, 3_000]);
    expect(both.find(({ counts }) => counts.created > 0)).toMatchObject({ complete: false, created: { length: 1_000 } });
    expect(await owners()).toHaveLength(3_000);
  });

  it('runs from the command line, and says what it would do', async () => {
    const directory = await createTempDir('keytrail-owners-');
    try {
      const file = join(directory.path, 'owners.csv');
      await writeFile(file, `name,contact\nAda ${n},#ada\n,#x\n`);
      const cli = (...args: string[]) => runKeytrail('owners', 'import', file, '--source', n, '--url', app.url, '--token', app.adminToken, ...args);
      expect(await cli('--dry-run')).toEqual({
        exitCode: 1, stderr: '', stdout: `dry run: 1 made, 0 changed, 0 left, 0 keys given to others, 0 as before, 1 refused\n  line 2: makes Ada ${n}\n  line 3 refused: nobody_named: names nobody: one of external_id, email, handle, name is needed\n`,
      });
      expect(await owners()).toEqual([]);
      expect((await cli()).exitCode).toBe(1);
      await writeFile(file, `name,contact,status\nAda ${n},#ada,left\n`);
      expect(JSON.parse((await cli('--json')).stdout)).toMatchObject({ counts: { left: 1 } });
      expect((await runKeytrail('owners', 'import', join(directory.path, 'none'), '--url', app.url, '--token', app.adminToken)).exitCode).toBe(2);
    } finally {
      await directory.remove();
    }
  });
});

describe('a file of owners', () => {
  let directory: TempDir;
  let app: TestApp;
  let file: string;
  const sync = () => app.standalone.app.get(OwnerFileJob, { strict: false }).run();
  const statuses = async () => Object.fromEntries((await app.call<OwnerList>('/v1/owners')).body.data.map(({ name, status }) => [name, status]));
  const table = (...names: string[]) => writeFile(file, `name,contact\n${names.map((name) => `${name},#${name}\n`).join('')}`);

  beforeAll(async () => {
    directory = await createTempDir('keytrail-owners-');
    file = join(directory.path, 'owners.csv');
    await table('Ada', 'Bo', 'Cy', 'Di', 'Ed', 'Fay');
    app = await startTestApp({ KEYTRAIL_OWNERS_FILE: file, KEYTRAIL_OWNERS_ABSENT: 'left' });
  });
  afterAll(async () => {
    await app?.stop();
    await directory?.remove();
  });

  it('is read when it changes, and sweeps nobody away when it is cut, empty or gone', async () => {
    await sync();
    expect(Object.keys(await statuses())).toEqual(['Ada', 'Bo', 'Cy', 'Di', 'Ed', 'Fay']);
    await table('Ada', 'Bo', 'Cy', 'Di', 'Ed');
    await sync();
    expect(await statuses()).toMatchObject({ Ed: 'active', Fay: 'left' });
    // By hand, and not undone while the file is as it was.
    const fay = (await app.call<OwnerList>('/v1/owners')).body.data.find(({ name }) => name === 'Fay')!;
    await app.call(`/v1/owners/${fay.owner_id}`, { method: 'PATCH', body: { status: 'active' } });
    await sync();
    const before = await statuses();
    expect(before['Fay']).toBe('active');
    for (const content of ['', 'name,contact\n', 'name,contact\nAda,#Ada\n', 'na']) {
      await writeFile(file, content);
      await sync();
      expect(await statuses()).toEqual(before);
    }
    await directory.remove();
    await sync();
    expect(await statuses()).toEqual(before);
    const refusals = await databaseOf(app).selectFrom('audit_entries').select('detail').where('action', '=', 'owners.import_refused').orderBy('entry_id').execute();
    expect(refusals.map(({ detail }) => detail['code'])).toEqual(['empty_feed', 'empty_feed', 'too_many_left', 'invalid_feed']);
  });
});
