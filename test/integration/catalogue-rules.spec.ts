import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CreatedApiKey, Finding, FindingPage } from '@keytrail/contracts';
import { Sweep } from '@keytrail/detection';
import { startTestApp, type TestApp } from '../support/app.js';
import { databaseOf, newName } from '../support/request-lines.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Rules that go beyond a key's own activity: rotations, request ids, objects, and what suspects make. */
describe('rules about rotations, replays, objects and what suspects make', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.stop());

  const newOwner = async () => (await app.call<{ owner_id: string }>('/v1/owners', { body: { name: newName('Owner'), kind: 'team', contact: '#team' } })).body.owner_id;
  const issue = async (owner_id?: string): Promise<CreatedApiKey> =>
    (await app.call<CreatedApiKey>('/v1/api-keys', { body: { workspace: 'default', service: newName('svc'), owner_id: owner_id ?? await newOwner(), scopes: ['orders:read'] } })).body;
  const line = (fields: Record<string, unknown>) => ({
    time: Date.now(), request_id: newName('r'), method: 'GET', path: '/orders', route: '/orders', status: 200, address: '192.0.2.10', user_agent: 'acme-sdk/1.2', ...fields,
  });
  const send = async (...lines: object[]) => {
    const { body, status } = await app.call('/v1/request-logs', { body: lines.map((one) => JSON.stringify(one)).join('\n') });
    expect({ status, body }).toMatchObject({ status: 200, body: { stored: lines.length } });
    await app.detect();
  };
  const sweep = async () => {
    await app.standalone.app.get(Sweep, { strict: false }).run();
    await app.detect();
  };
  const findings = async (key: string): Promise<Finding[]> => (await app.call<FindingPage>(`/v1/findings?limit=100&key_id=${key}`)).body.data;
  const rulesOf = async (key: string) => (await findings(key)).map(({ rule_id }) => rule_id).sort();

  const rotate = async () => {
    const old = await issue();
    const { status, body } = await app.call(`/v1/api-keys/${old.key_id}/rotate`, { body: { overlap: 3_600, on_overlap_end: 'keep-and-warn' } });
    expect({ status, body }).toMatchObject({ status: 200 });
    const { successor_id } = await databaseOf(app).selectFrom('containments').select('successor_id').where('key_id', '=', old.key_id).executeTakeFirstOrThrow();
    const place = (startedAgo: number, endsIn: number) => databaseOf(app).updateTable('containments')
      .set({ started_at: new Date(Date.now() - startedAgo), overlap_ends_at: new Date(Date.now() + endsIn) }).where('key_id', '=', old.key_id).execute();
    return { old: old.key_id, successor: successor_id!, place };
  };

  it('tells of an old key that is used after its overlap ended, and not within it', async () => {
    const { old, successor, place } = await rotate();
    await send(line({ key_id: old }));
    expect(await rulesOf(old)).toEqual([]);
    await place(2 * HOUR, -10 * MINUTE);
    await send(line({ key_id: old }), line({ key_id: successor }));
    expect(await findings(old)).toMatchObject([{ rule_id: 'overlap-outlived', severity: 'medium', summary: expect.stringContaining(successor) }]);
    expect(await rulesOf(successor)).toEqual([]);
  });

  it('tells once of an old key that makes most of the calls when its overlap is nearly over', async () => {
    const [lagging, moved] = [await rotate(), await rotate()];
    const calls = (key_id: string, count: number) => Array.from({ length: count }, () => line({ key_id }));
    for (const { place } of [lagging, moved]) await place(9 * HOUR, HOUR);
    await send(...calls(lagging.old, 30), ...calls(lagging.successor, 5), ...calls(moved.old, 5), ...calls(moved.successor, 30));
    await sweep();
    await sweep();
    expect(await findings(lagging.old)).toMatchObject([{ rule_id: 'overlap-lagging', incident_id: null, evidence: { counts: { old_key: 30, new_key: 5 } } }]);
    expect(await rulesOf(moved.old)).toEqual([]);
  });

  it('tells of a request id that comes again from elsewhere, in the same batch or later, and not of a line that is delivered twice', async () => {
    const [at, replayed, twice] = [Date.now(), await issue(), await issue()];
    const request = (key_id: string, request_id: string, fields = {}) => line({ key_id, request_id, time: at - MINUTE, method: 'POST', ...fields });
    await send(request(replayed.key_id, 'once'), request(twice.key_id, 'once'), request(twice.key_id, 'trace'), request(twice.key_id, 'trace', { path: '/payments' }));
    await send(request(twice.key_id, 'once'), line({ key_id: twice.key_id, path: '/other' }));
    expect([await rulesOf(replayed.key_id), await rulesOf(twice.key_id)]).toEqual([[], []]);
    await send(request(replayed.key_id, 'once', { time: at, address: '203.0.113.50', user_agent: 'curl/8.5' }));
    expect(await findings(replayed.key_id)).toMatchObject([{ rule_id: 'request-replayed', addresses: ['203.0.113.50'], evidence: { request_ids: ['once'], counts: { replayed: 1 } } }]);
    await send(request(replayed.key_id, 'again', { time: at }), request(replayed.key_id, 'again', { time: at + 100, address: '198.51.100.99' }));
    expect((await findings(replayed.key_id))[0]).toMatchObject({ evidence: { request_ids: expect.arrayContaining(['once', 'again']) } });
  });

  it('tells of a key that walks through objects one after the other, and not of one that looks at a few of many calls', async () => {
    const [walker, busy] = [await issue(), await issue()];
    const past = (key_id: string) => Array.from({ length: 30 }, (_, at) => line({ key_id, time: Date.now() - 2 * DAY + at * HOUR, path: `/customers/${at}`, route: '/customers/{id}' }));
    await send(...past(walker.key_id), ...past(busy.key_id));
    const calls = (key_id: string, objects: number) => Array.from({ length: 80 }, (_, at) =>
      line({ key_id, time: Date.now() - 5 * MINUTE + at * 1_000, path: `/customers/${5_000 + (at % objects)}`, route: '/customers/{id}' }));
    await send(...calls(busy.key_id, 10));
    for (let part = 0; part < 4; part += 1) await send(...calls(walker.key_id, 80).slice(part * 20, part * 20 + 20));
    expect((await findings(walker.key_id)).find(({ rule_id }) => rule_id === 'object-enumeration')).toMatchObject({
      severity: 'high', summary: expect.stringMatching(/^[5-8]\d objects of \/customers\/\{id\} within 10 minutes, one after the other; it never called more than 1 in as long$/),
    });
    expect(await rulesOf(busy.key_id)).not.toContain('object-enumeration');
  });

  it('tells of credentials that a suspect key makes, be it suspect before or after, and not of those of others', async () => {
    const cloud = (key_id: string, eventName: string, at: number, fields = {}) => line({ key_id, method: eventName, path: `/iam.amazonaws.com/${eventName}`, route: 'iam.amazonaws.com', time: at, ...fields });
    const [before, after, long, plain] = [newName('AKIABEFORE'), newName('AKIAAFTER'), newName('AKIALONG'), newName('AKIAPLAIN')];
    const suspect = { user_agent: 'sqlmap/1.8' };
    await send(cloud(before, 'ListUsers', Date.now() - 5 * MINUTE, suspect));
    await send(cloud(before, 'CreateAccessKey', Date.now()), cloud(plain, 'CreateAccessKey', Date.now()));
    expect((await findings(before)).find(({ rule_id }) => rule_id === 'suspect-makes-credential')).toMatchObject({ severity: 'high', summary: expect.stringContaining('CreateAccessKey') });
    expect(await rulesOf(plain)).toEqual([]);
    await send(cloud(after, 'CreateLoginProfile', Date.now() - 20 * 60 * MINUTE), cloud(long, 'CreateLoginProfile', Date.now() - 26 * 60 * MINUTE));
    expect(await rulesOf(after)).toEqual([]);
    await send(...Array.from({ length: 30 }, (_, at) => cloud(after, 'ListUsers', Date.now() - at * 1_000, { status: 403 })));
    expect(await rulesOf(after)).toContain('suspect-makes-credential');
    await send(cloud(long, 'ListUsers', Date.now(), suspect));
    expect(await rulesOf(long)).toEqual(['listed-caller']);
  });

  it('tells of keys that are made, and scopes that are raised, while an incident of their owner is open', async () => {
    const [suspect, clean] = [await newOwner(), await newOwner()];
    const stolen = await issue(suspect);
    await sweep();
    await send(line({ key_id: stolen.key_id, user_agent: 'sqlmap/1.8' }));
    const [made, other] = [await issue(suspect), await issue(clean)];
    const replaced = await app.call<{ successor: { key_id: string } }>(`/v1/api-keys/${stolen.key_id}/rotate`, { body: {} });
    expect(replaced.status).toBe(200);
    for (const { key_id } of [made, other]) await app.call(`/v1/api-keys/${key_id}`, { method: 'PATCH', body: { scopes: ['orders:read', 'orders:write'] } });
    await sweep();
    await sweep();
    expect(await findings(made.key_id)).toMatchObject([{ rule_id: 'scope-raised', severity: 'high' }, { rule_id: 'credential-for-suspect', severity: 'medium' }]);
    expect(await findings(other.key_id)).toMatchObject([{ rule_id: 'scope-raised', severity: 'low', incident_id: null }]);
    const successors = await databaseOf(app).selectFrom('credentials').select('key_id').where('replaces', '=', stolen.key_id).execute();
    for (const { key_id } of successors) expect(await rulesOf(key_id)).toEqual([]);
  });
});
