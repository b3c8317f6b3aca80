import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClickHouseModule } from '@keytrail/clickhouse';
import { sql } from 'kysely';
import type { AuditPage, PolicySummary, PolicyViolation, PolicyViolationPage, Problem } from '@keytrail/contracts';
import { PoliciesModule, PolicyChecks, PolicyJob } from '@keytrail/credentials';
import { Clock, JobSchedule, PlatformModule, Secrets } from '@keytrail/platform';
import { Database, PostgresModule, RetentionJob } from '@keytrail/postgres';
import { startTestApp, type Answer, type TestApp } from '../support/app.js';
import { issueKey, keyKinds, type IssuedKey, type KindUnderTest } from '../support/key-kinds.js';
import { describeOnBoth } from '../support/postgres-forms.js';
import { registryOf, type TestRegistry } from '../support/registry.js';
import { clickhouseOf, databaseOf, nativeLine, newName } from '../support/request-lines.js';

const DAY = 86_400_000;
const [apiKey, serviceToken] = keyKinds as [KindUnderTest, KindUnderTest];

describeOnBoth('policies', (env) => {
  let app: TestApp;
  /** Two that check: where the database can be shared the second has connections of its own, as another process has. */
  let checkers: INestApplicationContext[];
  let second: Database | undefined;
  let registry: TestRegistry;
  let now: number;

  beforeAll(async () => {
    const settings = await env();
    app = await startTestApp(settings);
    registry = registryOf(app);
    const { KEYTRAIL_POSTGRES_URL: url } = settings;
    second = url === undefined ? undefined : await Database.open({ url });
    checkers = [app.standalone.app, second === undefined ? app.standalone.app : await checkerOn(app, second)];
  });
  afterAll(async () => {
    await second?.destroy();
    await app.stop();
  });
  beforeEach(() => {
    now = Date.now();
    for (const one of new Set(checkers)) jest.spyOn(one.get(Clock, { strict: false }), 'now').mockImplementation(() => now);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const later = (days: number) => {
    now += days * DAY;
  };
  const checksOf = (one: INestApplicationContext) => one.get(PolicyChecks, { strict: false });
  const check = () => checksOf(checkers[0]!).checkAll();
  const list = async (query: string, token?: string): Promise<PolicyViolation[]> =>
    (await app.call<PolicyViolationPage>(`/v1/policy-violations?${query}`, token === undefined ? {} : { token })).body.data;
  const openOf = async ({ key_id }: { key_id: string }) =>
    Object.fromEntries((await list(`key_id=${key_id}&state=open`)).map(({ policy, severity }) => [policy, severity]));
  const entriesOf = async (id: string) => (await app.call<AuditPage>(`/v1/audit-entries?object_id=${id}`)).body.data;
  const issue = (kind: KindUnderTest = apiKey, fields: { owner_id?: string } & Record<string, unknown> = {}) => issueKey(app, registry, kind, fields);
  const patch = async <T>(path: string, body: object): Promise<Answer<T>> => {
    const answer = await app.call<T>(path, { method: 'PATCH', body });
    expect([path, answer.status]).toEqual([path, 200]);
    return answer;
  };
  /** Requests of a key, at a time of their own. */
  const log = (key_id: string, time: number, fields: object = {}) => app.call('/v1/request-logs', { body: nativeLine({ workspace: 'default', key_id, time, ...fields }) });
  /** Use in the rollup, as if it were logged then: what intake takes as a time lies near its own. */
  const wasUsed = (key_id: string, time: number, accepted = true) => clickhouseOf(app).command(`INSERT INTO key_callers (workspace_id, key_id, address, user_agent, requests, denied, first_time, last_time)
    VALUES ('default', '${key_id}', '192.0.2.1', '', 1, ${accepted ? 0 : 1}, fromUnixTimestamp64Milli(${Math.round(time)}), fromUnixTimestamp64Milli(${Math.round(time)}))`);

  it('finds nothing wrong with a new key of any kind', async () => {
    const keys = await Promise.all(keyKinds.map((kind) => issue(kind)));
    await check();
    for (const key of keys) expect([key.kind, await openOf(key)]).toEqual([key.kind, {}]);
  });

  it.each(keyKinds)('tells that the rotation of one is due and then overdue, and ends that when it is rotated: $kind', async (kind) => {
    const key = await issue(kind);
    const days = (Date.parse(key.rotation_due_at) - now) / DAY;
    const [warnAt, breachAt] = kind === serviceToken ? [180, 365] : [days - 14, days];
    const from = now;
    const severityOn = async (day: number) => {
      now = from + day * DAY;
      await wasUsed(key.key_id, now);
      await check();
      return (await openOf(key))['rotation-due'];
    };
    expect([await severityOn(warnAt - 1), await severityOn(warnAt + 1), await severityOn(breachAt - 1), await severityOn(breachAt + 1)]).toEqual([undefined, 'warn', 'warn', 'breach']);
    const [violation, ...more] = await list(`key_id=${key.key_id}&policy=rotation-due`);
    expect(more).toEqual([]);
    expect(violation).toMatchObject({
      state: 'open', kind: kind.kind, name: key.name, workspace_id: key.workspace_id, owner: { owner_id: key.owner.owner_id, status: 'active' }, ended_at: null, end_reason: null,
      suggested_actions: [{ call: expect.stringContaining(`POST ${kind.path}/${key.key_id}/rotate {`) }],
    });
    expect(Date.parse(violation!.since)).toBe(Date.parse(key.created_at) + warnAt * DAY);
    expect(Date.parse(violation!.due_at!)).toBe(Date.parse(key.created_at) + breachAt * DAY);

    const { path, body } = callOf(violation!.suggested_actions[0]!.call!);
    const rotated = await app.call<{ replacement: IssuedKey }>(path, { body });
    expect(rotated.status).toBe(200);
    await check();
    expect([await openOf(key), await openOf(rotated.body.replacement)]).toEqual([{}, {}]);
    expect(await list(`key_id=${key.key_id}&policy=rotation-due`)).toEqual([expect.objectContaining({
      state: 'ended', severity: 'breach', ended_at: new Date(now).toISOString(), end_reason: 'put_right', suggested_actions: [],
    })]);
    expect((await entriesOf(violation!.violation_id)).map(({ action, actor, workspace_id }) => [action, actor, workspace_id])).toEqual(
      ['policy_violation.ended', 'policy_violation.changed', 'policy_violation.opened'].map((action) => [action, 'keytrail', key.workspace_id]));
  });

  it('follows the rotation policy of a workspace, shorter and longer', async () => {
    const workspace = await registry.workspace(newName('ws'));
    const key = await issue(apiKey, { workspace });
    later(40);
    await check();
    expect(await openOf(key)).toEqual({});
    await patch(`/v1/workspaces/${workspace}`, { rotation_policy: { api_key: 30 } });
    await check();
    expect(await openOf(key)).toEqual({ 'rotation-due': 'breach' });
    await patch(`/v1/workspaces/${workspace}`, { rotation_policy: { api_key: 43 } });
    await check();
    expect(await openOf(key)).toEqual({ 'rotation-due': 'warn' });
    await patch(`/v1/workspaces/${workspace}`, { rotation_policy: { api_key: null } });
    await check();
    expect(await openOf(key)).toEqual({});
    expect((await list(`key_id=${key.key_id}`)).map(({ state, end_reason }) => [state, end_reason])).toEqual([['ended', 'put_right']]);
  });

  it('tells of every key whose owner left, and of those that somebody else takes over no longer', async () => {
    const owner_id = await registry.owner();
    const keys = await Promise.all(keyKinds.map((kind) => issue(kind, { owner_id })));
    await check();
    expect(await list(`owner_id=${owner_id}`)).toEqual([]);
    await patch(`/v1/owners/${owner_id}`, { status: 'left' });
    const leftAt = new Date(now).toISOString();
    later(1);
    await check();
    const found = await list(`owner_id=${owner_id}&policy=owner-left&severity=breach&state=open`);
    expect(found.map(({ key_id }) => key_id).sort()).toEqual(keys.map(({ key_id }) => key_id).sort());
    expect(found[0]).toMatchObject({ since: leftAt, due_at: null, opened_at: new Date(now).toISOString(), owner: { owner_id, status: 'left' } });

    const bulk = found[0]!.suggested_actions.map(({ call }) => callOf(call!)).find(({ path }) => path === '/v1/bulk-containments')!;
    const plan = await app.call<{ dry_run: boolean; keys: { key_id: string }[] }>(bulk.path, { body: bulk.body });
    expect(plan).toMatchObject({ status: 200, body: { dry_run: true, keys: expect.arrayContaining(keys.map(({ key_id }) => expect.objectContaining({ key_id }))) } });

    const [given, revoked, ...rest] = keys as [IssuedKey, IssuedKey, ...IssuedKey[]];
    const heir = await registry.owner();
    await patch(`${apiKey.path}/${given.key_id}`, { owner_id: heir });
    await app.call(`${serviceToken.path}/${revoked.key_id}`, { method: 'DELETE' });
    await check();
    expect([await openOf(given), await openOf(revoked)]).toEqual([{}, {}]);
    expect((await list(`key_id=${revoked.key_id}`))[0]).toMatchObject({ state: 'ended', end_reason: 'key_ended' });
    for (const key of rest) expect(await openOf(key)).toEqual({ 'owner-left': 'breach' });

    await patch(`/v1/owners/${owner_id}`, { status: 'active' });
    await check();
    expect(await list(`owner_id=${owner_id}&state=open`)).toEqual([]);
  });

  it('opens another one when it comes again, and keeps the one before as history', async () => {
    const owner_id = await registry.owner();
    const key = await issue(apiKey, { owner_id });
    for (let time = 0; time < 2; time += 1) {
      for (const status of ['left', 'active']) {
        await patch(`/v1/owners/${owner_id}`, { status });
        later(1);
        await check();
      }
    }
    expect((await list(`key_id=${key.key_id}`)).map(({ policy, state }) => [policy, state])).toEqual([['owner-left', 'ended'], ['owner-left', 'ended']]);
  });

  it('sees an owner who stands for nobody, and the one who is named instead', async () => {
    const { body: { owner_id } } = await app.call<{ owner_id: string }>('/v1/owners', { body: { name: newName('owner'), kind: 'team', contact: 'TBD' } });
    const key = await issue(apiKey, { owner_id });
    await check();
    expect(await openOf(key)).toEqual({ 'no-owner': 'breach' });
    expect((await list(`key_id=${key.key_id}`))[0]!.suggested_actions[0]!.call).toBe(`PATCH /v1/owners/${owner_id} {"contact":"…"}`);
    await patch(`/v1/owners/${owner_id}`, { contact: '#payments-oncall' });
    await check();
    expect(await openOf(key)).toEqual({});
  });

  it('tells of a key in use that nobody registered, until it is used no more', async () => {
    const [used, refused] = [newName('AKIA'), newName('AKIA')];
    const registered = await issue();
    await log(used, now - DAY);
    await log(refused, now - DAY, { status: 401 });
    await log(registered.key_id, now - DAY);
    await check();
    expect(await list(`key_id=${used}`)).toEqual([expect.objectContaining({
      policy: 'no-owner', severity: 'breach', kind: null, name: used, owner: null, workspace_id: 'default', since: new Date(now - DAY).toISOString(),
      suggested_actions: expect.arrayContaining([expect.objectContaining({ call: `GET /v1/request-logs?workspace=default&key_id=${used}` })]),
    })]);
    expect([await list(`key_id=${refused}`), await openOf(registered)]).toEqual([[], {}]);
    await check();
    expect(await list(`key_id=${used}`)).toHaveLength(1);
    later(30);
    await check();
    expect((await list(`key_id=${used}`)).map(({ state, end_reason }) => [state, end_reason])).toEqual([['ended', 'key_ended']]);
  });

  it('tells of a key that was not used for 90 days, or never since it was made', async () => {
    const [never, once] = [await issue(apiKey, { workspace: await longRotation() }), await issue(apiKey, { workspace: await longRotation() })];
    later(10);
    await wasUsed(once.key_id, now);
    later(79.9);
    await check();
    expect([await openOf(never), await openOf(once)]).toEqual([{}, {}]);
    later(0.2);
    await check();
    expect([await openOf(never), await openOf(once)]).toEqual([{ 'unused-key': 'warn' }, {}]);
    expect((await list(`key_id=${never.key_id}`))[0]!.since).toBe(never.created_at);
    later(10);
    await check();
    expect(await openOf(once)).toEqual({ 'unused-key': 'warn' });
    await wasUsed(never.key_id, now);
    await check();
    expect([await openOf(never), await openOf(once)]).toEqual([{}, { 'unused-key': 'warn' }]);
  });

  it('says neither that a key is used nor that it is not while the request logs cannot be asked', async () => {
    const workspace = await longRotation();
    const [known, unknown] = [await issue(apiKey, { workspace }), await issue(apiKey, { workspace })];
    await wasUsed(unknown.key_id, now + 80 * DAY);
    later(100);
    const stray = newName('AKIA');
    await wasUsed(stray, now);
    await check();
    const before = [await openOf(known), await openOf(unknown), await openOf({ key_id: stray })];
    expect(before).toEqual([{ 'unused-key': 'warn' }, {}, { 'no-owner': 'breach' }]);
    await wasUsed(known.key_id, now);
    later(80);
    jest.spyOn(clickhouseOf(app), 'select').mockRejectedValue(new Error('away'));
    await check();
    expect([await openOf(known), await openOf(unknown), await openOf({ key_id: stray })]).toEqual(before);
  });

  it('warns seven days before a key expires, and is done with it when it has', async () => {
    const key = await issue(apiKey, { expires_at: new Date(now + 10 * DAY).toISOString() });
    await check();
    expect(await openOf(key)).toEqual({});
    later(3);
    await check();
    expect(await openOf(key)).toEqual({ 'expiring-soon': 'warn' });
    expect((await list(`key_id=${key.key_id}`))[0]!.due_at).toBe(key.expires_at);
    await patch(`${apiKey.path}/${key.key_id}`, { expires_at: new Date(now + 8 * DAY).toISOString() });
    await check();
    expect(await openOf(key)).toEqual({});
    later(1);
    await check();
    expect(await openOf(key)).toEqual({ 'expiring-soon': 'warn' });
    later(7);
    await check();
    expect((await list(`key_id=${key.key_id}`)).map(({ state, end_reason }) => [state, end_reason])).toEqual([['ended', 'key_ended'], ['ended', 'put_right']]);
  });

  it('asks for names that say what a key is, and gives the call that does it', async () => {
    const key = await issue(apiKey, { name: 'my key' });
    await check();
    expect(await openOf(key)).toEqual({ 'key-name': 'warn' });
    const { path, body } = callOf((await list(`key_id=${key.key_id}`))[0]!.suggested_actions[0]!.call!);
    await patch(path, body);
    await check();
    expect(await openOf(key)).toEqual({});
  });

  it('opens and ends each once however many check at the same time, and no change is without its audit entry', async () => {
    const owner_id = await registry.owner();
    const keys = await Promise.all(Array.from({ length: 20 }, () => issue(apiKey, { owner_id })));
    for (const status of ['left', 'active'] as const) {
      await patch(`/v1/owners/${owner_id}`, { status });
      await Promise.all([...checkers, ...checkers].map((one) => checksOf(one).checkAll()));
    }
    const found = await list(`owner_id=${owner_id}`);
    expect(found.map(({ key_id }) => key_id).sort()).toEqual(keys.map(({ key_id }) => key_id).sort());
    for (const { violation_id } of found) expect((await entriesOf(violation_id)).map(({ action }) => action)).toEqual(['policy_violation.ended', 'policy_violation.opened']);
  });

  it('opens nothing whose audit entry cannot be written', async () => {
    const key = await issue(apiKey, { name: 'nameless' });
    const database = databaseOf(app);
    await sql`CREATE FUNCTION no_audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$`.execute(database);
    await sql`CREATE TRIGGER no_audit BEFORE INSERT ON audit_entries FOR EACH ROW EXECUTE FUNCTION no_audit()`.execute(database);
    try {
      await expect(check()).rejects.toThrow();
    } finally {
      await sql`DROP TRIGGER no_audit ON audit_entries`.execute(database);
      await sql`DROP FUNCTION no_audit`.execute(database);
    }
    expect(await list(`key_id=${key.key_id}`)).toEqual([]);
    await check();
    expect(await openOf(key)).toEqual({ 'key-name': 'warn' });
  });

  it('checks all of many keys, over several pages', async () => {
    const owner_id = await registry.owner();
    const workspace = await registry.workspace(newName('ws'));
    await sql`INSERT INTO credentials (key_id, kind, account_id, workspace_id, name, service, owner_id, scopes, fingerprint, hint, created_at, created_by, rotation_due_at)
      SELECT 'key_' || lpad(to_hex(n), 32, '0'), 'api_key', 'default', ${workspace}, 'nameless', 'payments', ${owner_id}, '[]', 'fp_' || ${workspace} || n, '0000',
        ${new Date(now)}, 'test', ${new Date(now + 180 * DAY)} FROM generate_series(1, 1203) AS n`.execute(databaseOf(app));
    await check();
    const seen = new Set<string>();
    let cursor: string | null = null;
    let pages = 0;
    do {
      const page: PolicyViolationPage = (await app.call<PolicyViolationPage>(`/v1/policy-violations?workspace=${workspace}&limit=500${cursor === null ? '' : `&cursor=${cursor}`}`)).body;
      for (const { key_id } of page.data) seen.add(key_id);
      cursor = page.next_cursor;
      pages += 1;
    } while (cursor !== null);
    expect([seen.size, pages]).toEqual([1203, 3]);
    const { body } = await app.call<PolicySummary>(`/v1/policy-violations/summary?workspace=${workspace}`);
    expect(body).toMatchObject({ open: { warn: 1203, breach: 0 }, checked_at: new Date(now).toISOString() });
    await databaseOf(app).updateTable('credentials').set({ revoked_at: new Date(now) }).where('workspace_id', '=', workspace).execute();
    await check();
    expect((await app.call<PolicySummary>(`/v1/policy-violations/summary?workspace=${workspace}`)).body.open).toEqual({ warn: 0, breach: 0 });
  });

  it('counts what is open, by policy, in the summary and in the metrics', async () => {
    await check();
    const { body } = await app.call<PolicySummary>('/v1/policy-violations/summary');
    const open: PolicyViolation[] = await list('state=open&limit=1000');
    const count = (policy: string, severity: string) => open.filter((one) => one.policy === policy && one.severity === severity).length;
    expect(body.policies.map(({ policy }) => policy).sort()).toEqual(['expiring-soon', 'key-name', 'no-owner', 'owner-left', 'rotation-due', 'unused-key']);
    const metrics = String((await app.call('/metrics')).body);
    for (const { policy, warn, breach } of body.policies) {
      expect([policy, warn, breach]).toEqual([policy, count(policy, 'warn'), count(policy, 'breach')]);
      expect(metrics).toContain(`keytrail_policy_violations_open{policy="${policy}",severity="warn"} ${warn}\n`);
      expect(metrics).toContain(`keytrail_policy_violations_open{policy="${policy}",severity="breach"} ${breach}\n`);
    }
    expect(open.length).toBeGreaterThan(0);
  });

  it('filters by policy, severity, kind, workspace and state', async () => {
    const workspace = await registry.workspace(newName('ws'));
    const owner_id = await registry.owner();
    const nameless = await issue(apiKey, { workspace, name: 'x', owner_id });
    const [,, workspaceKey] = keyKinds as [KindUnderTest, KindUnderTest, KindUnderTest];
    const expiring = await issue(workspaceKey, { workspace, owner_id, service: 'orders', expires_at: new Date(now + DAY).toISOString() });
    await check();
    const found = async (query: string) => (await list(`workspace=${workspace}&${query}`)).map(({ key_id }) => key_id).sort();
    const both = [nameless.key_id, expiring.key_id].sort();
    expect(await found('')).toEqual(both);
    expect(await found('policy=key-name')).toEqual([nameless.key_id]);
    expect(await found('kind=workspace_key')).toEqual([expiring.key_id]);
    expect(await found('severity=warn&state=open')).toEqual(both);
    expect([await found('severity=breach'), await found('state=ended'), await found('owner_id=own_0')]).toEqual([[], [], []]);
    for (const bad of ['policy=none', 'severity=high', 'state=closed', 'kind=password', 'limit=0', 'nothing=1']) {
      expect([bad, (await app.call<Problem>(`/v1/policy-violations?${bad}`)).body.code]).toEqual([bad, 'invalid_request']);
    }
    expect(await app.call('/v1/policy-violations?cursor=abc')).toMatchObject({ status: 400, body: { code: 'invalid_cursor' } });
  });

  it('shows a caller of one workspace those of its keys alone, and machines none', async () => {
    const [ours, theirs] = [await registry.workspace(newName('ws')), await registry.workspace(newName('ws'))];
    const owner_id = await registry.owner();
    const [our, their, account] = [
      await issue(apiKey, { workspace: ours, name: 'x', owner_id }), await issue(apiKey, { workspace: theirs, name: 'x', owner_id }), await issue(serviceToken, { name: 'x', owner_id }),
    ];
    await check();
    const viewer = await registry.token('viewer', [ours]);
    for (const query of ['', `owner_id=${owner_id}`, 'state=open']) expect((await list(query, viewer)).map(({ key_id }) => key_id)).toEqual([our.key_id]);
    for (const query of [`workspace=${theirs}`, `key_id=${their.key_id}`, `key_id=${account.key_id}`]) expect(await list(query, viewer)).toEqual([]);
    const { body } = await app.call<PolicySummary>('/v1/policy-violations/summary', { token: viewer });
    expect(body.open).toEqual({ warn: 1, breach: 0 });
    expect((await app.call<PolicySummary>(`/v1/policy-violations/summary?workspace=${theirs}`, { token: viewer })).body.open).toEqual({ warn: 0, breach: 0 });
    expect((await list(`owner_id=${owner_id}`)).map(({ key_id }) => key_id).sort()).toEqual([our.key_id, their.key_id, account.key_id].sort());
    for (const role of ['ingest', 'gateway'] as const) expect((await app.call('/v1/policy-violations', { token: await registry.token(role) })).status).toBe(403);
  });

  it('is forgotten a year and a month after its end, and not before', async () => {
    const key = await issue(apiKey, { name: 'x' });
    const open = await issue(apiKey, { name: 'y' });
    await check();
    await app.call(`${apiKey.path}/${key.key_id}`, { method: 'DELETE' });
    await check();
    const retention = app.standalone.app.get(RetentionJob, { strict: false });
    later(395);
    await retention.run();
    expect(await list(`key_id=${key.key_id}`)).toHaveLength(1);
    later(2);
    await retention.run();
    expect([await list(`key_id=${key.key_id}`), await openOf(open)]).toEqual([[], { 'key-name': 'warn' }]);
  });

  describe('on a schedule', () => {
    const jobOf = (one: INestApplicationContext, everyMs: number) => {
      const job = one.get(PolicyJob, { strict: false });
      Object.assign(job, { everyMs });
      return job;
    };
    const checkedAt = async () => (await app.call<PolicySummary>('/v1/policy-violations/summary')).body.checked_at;

    it('checks once in each interval, whichever process comes first', async () => {
      const [mine, theirs] = [jobOf(checkers[0]!, 300_000), jobOf(checkers[1]!, 300_000)];
      later(1);
      await mine.run();
      const first = new Date(now).toISOString();
      expect(await checkedAt()).toBe(first);
      now += 299_999;
      await theirs.run();
      expect(await checkedAt()).toBe(first);
      now += 1;
      await theirs.run();
      expect(await checkedAt()).toBe(new Date(now).toISOString());
    });

    it('tries again soon when a check failed, and is not kept away by a clock that was set back', async () => {
      const job = jobOf(checkers[0]!, 300_000);
      later(1);
      const failing = jest.spyOn(checksOf(checkers[0]!), 'checkAll').mockRejectedValueOnce(new Error('away'));
      await expect(job.run()).rejects.toThrow('away');
      failing.mockRestore();
      now += 1;
      await job.run();
      expect(await checkedAt()).toBe(new Date(now).toISOString());
      now -= DAY;
      await job.run();
      expect(await checkedAt()).toBe(new Date(now).toISOString());
    });
  });

  /** A workspace whose keys need no rotation in the years of a test. */
  async function longRotation(): Promise<string> {
    const workspace = await registry.workspace(newName('ws'));
    await patch(`/v1/workspaces/${workspace}`, { rotation_policy: { api_key: 3650 } });
    return workspace;
  }
});

/** What another process has that checks policies of the same database; it looks at the same request logs. */
async function checkerOn(app: TestApp, database: Database): Promise<INestApplicationContext> {
  const secrets = app.standalone.app.get(Secrets, { strict: false });
  class Checker {}
  Module({
    imports: [PlatformModule.forRoot({ secrets, schedule: JobSchedule.off }), PostgresModule.forRoot(database), ClickHouseModule.forRoot(clickhouseOf(app)), PoliciesModule],
  })(Checker);
  return NestFactory.createApplicationContext(Checker, { logger: false });
}

/** The parts of a call that an answer suggests. */
function callOf(call: string): { path: string; body: object } {
  const [, path = '', body = '{}'] = /^[A-Z]+ (\S+) ?(.*)$/.exec(call)!;
  return { path, body: JSON.parse(body) as object };
}
