import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { AuditPage, CreatedApiKey, DeadLetter, DeadLetterPage, IntakeAccounts, IntakeResult, ReplayResult, RequestLogPage } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../support/app.js';
import { registryOf } from '../support/registry.js';
import { allThatIsStored, clickhouseOf, countsOfKey, databaseOf, nativeLine, ndjson, newName, sameCounts } from '../support/request-lines.js';

describe('a dead letter', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app?.stop());

  const send = (lines: readonly unknown[], query = '') => app.call<IntakeResult>(`/v1/request-logs${query}`, { body: ndjson(lines) });
  const letters = async (query = '') => (await app.call<DeadLetterPage>(`/v1/dead-letters?limit=1000${query}`)).body.data;
  const replay = (body: unknown, token?: string) => app.call<ReplayResult>('/v1/dead-letters/replay', { body, ...(token !== undefined && { token }) });
  const makeWorkspace = (workspace_id: string) => app.call('/v1/workspaces', { body: { workspace_id, name: workspace_id, environment: 'test' } });
  const account = async () => (await app.call<IntakeAccounts>('/v1/intake-accounts')).body.sources.find(({ source }) => source === 'http')!;
  const letterOf = async (text: string): Promise<DeadLetter> => (await letters()).find(({ payload }) => payload.includes(text))!;
  /** A letter of a workspace that does not exist. */
  const strayLine = async (key: string, workspace = newName('ws')) => {
    await send([nativeLine({ key_id: key, workspace })]);
    return { workspace, letter: await letterOf(key) };
  };
  const rows = (key: string) => countsOfKey(clickhouseOf(app), key);

  it('of a workspace that was made afterwards is stored once, however often it is replayed, and moves from one account to the other', async () => {
    const key = newName('key');
    const { workspace, letter } = await strayLine(key);
    expect(letter).toMatchObject({ code: 'unknown_workspace', format: 'native', whole: true, requests: 1, replayed_at: null });
    const ids = { dead_letter_ids: [letter.dead_letter_id] };
    expect((await replay(ids)).body).toMatchObject({ replayed: 0, data: [{ outcome: 'refused', code: 'unknown_workspace' }] });
    await makeWorkspace(workspace);
    const before = await account();
    expect((await replay({ ...ids, dry_run: true })).body).toMatchObject({ dry_run: true, replayed: 1, data: [{ outcome: 'would_be_replayed', rows: 1 }] });
    expect([await rows(key), await account()]).toEqual([sameCounts(0), before]);
    expect((await replay(ids)).body).toMatchObject({ replayed: 1, data: [{ outcome: 'replayed', rows: 1, code: null }] });
    for (let time = 0; time < 3; time += 1) expect((await replay(ids)).body).toMatchObject({ replayed: 0, data: [{ outcome: 'already_replayed' }] });
    expect(await rows(key)).toEqual(sameCounts(1));
    expect(await account()).toEqual({ ...before, stored: before.stored + 1, dead_lettered: before.dead_lettered - 1 });
    expect((await app.call<DeadLetter>(`/v1/dead-letters/${letter.dead_letter_id}`)).body).toMatchObject({ replayed_at: expect.any(String), replayed_by: expect.any(String) });
    expect((await app.call<RequestLogPage>(`/v1/request-logs?key_id=${key}`)).body.data).toMatchObject([{ workspace_id: workspace, source: 'http' }]);
    const { body } = await app.call<AuditPage>(`/v1/audit-entries?object_id=${letter.dead_letter_id}`);
    expect(body.data).toMatchObject([{ action: 'dead_letter.replayed', workspace_id: null, detail: { from: 'payload', rows: 1, format: 'native' } }]);
  });

  it('is stored once when many replay it at the same time', async () => {
    const key = newName('key');
    const { workspace, letter } = await strayLine(key);
    await makeWorkspace(workspace);
    const before = await account();
    const answers = await Promise.all(Array.from({ length: 8 }, () => replay({ dead_letter_ids: [letter.dead_letter_id] })));
    expect(answers.map(({ body }) => body.replayed).reduce((sum, count) => sum + count)).toBe(1);
    expect(await rows(key)).toEqual(sameCounts(1));
    expect(await account()).toEqual({ ...before, stored: before.stored + 1, dead_lettered: before.dead_lettered - 1 });
  });

  it('is neither lost nor doubled when the replay ends between storing and settling, at whatever point', async () => {
    const clickhouse = clickhouseOf(app);
    const insert = clickhouse.insertBlock.bind(clickhouse);
    for (const stored of [true, false]) {
      const key = newName('key');
      const { workspace, letter } = await strayLine(key);
      await makeWorkspace(workspace);
      const before = await account();
      const spy = jest.spyOn(clickhouse, 'insertBlock').mockImplementationOnce(async (...args) => {
        if (stored) await insert(...args);
        throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
      });
      expect((await replay({ dead_letter_ids: [letter.dead_letter_id] })).status).toBe(503);
      spy.mockRestore();
      expect((await letterOf(key)).replayed_at).toBeNull();
      expect((await replay({ dead_letter_ids: [letter.dead_letter_id] })).body).toMatchObject({ replayed: 1 });
      expect(await rows(key)).toEqual(sameCounts(1));
      expect(await account()).toEqual({ ...before, stored: before.stored + 1, dead_lettered: before.dead_lettered - 1 });
    }
  });

  it('of a process that was killed amid its replay waits for a minute, then is stored once', async () => {
    const key = newName('key');
    const { workspace, letter } = await strayLine(key);
    await makeWorkspace(workspace);
    const startedAt = (replay_started_at: Date) => databaseOf(app).updateTable('dead_letters').set({ replay_started_at }).where('dead_letter_id', '=', letter.dead_letter_id).execute();
    await startedAt(new Date());
    expect((await replay({ dead_letter_ids: [letter.dead_letter_id] })).body).toMatchObject({ replayed: 0, data: [{ outcome: 'in_progress' }] });
    await startedAt(new Date(Date.now() - 61_000));
    expect((await replay({ dead_letter_ids: [letter.dead_letter_id] })).body).toMatchObject({ replayed: 1 });
    expect(await rows(key)).toEqual(sameCounts(1));
  });

  it('that holds a key names it still: the row resolves by the fingerprint in its place', async () => {
    const owner = await app.call<{ owner_id: string }>('/v1/owners', { body: { name: newName('Team'), kind: 'team', contact: '#team' } });
    const ours = (await app.call<CreatedApiKey>('/v1/api-keys', { body: { workspace: 'default', service: 'payments', owner_id: owner.body.owner_id } })).body;
    const stranger = `sk_live_${randomBytes(18).toString('hex')}`;
    const workspace = newName('ws');
    await send([
      nativeLine({ key_id: undefined, key: ours.secret, workspace, tenant: 'one' }), nativeLine({ key_id: undefined, headers: { authorization: `Bearer ${ours.secret}` }, workspace, tenant: 'two' }),
      nativeLine({ key_id: undefined, key: stranger, workspace, tenant: 'three', status: 401 }), nativeLine({ key_id: undefined, key: stranger, tenant: 'four', status: 401 }),
    ]);
    await makeWorkspace(workspace);
    expect((await replay({ filter: { code: 'unknown_workspace' } })).body.replayed).toBe(3);
    const stored = (await app.call<RequestLogPage>(`/v1/request-logs?limit=1000`)).body.data.filter(({ tenant }) => ['one', 'two', 'three', 'four'].includes(tenant));
    const of = (name: string) => stored.find(({ tenant }) => tenant === name)!;
    for (const name of ['one', 'two']) expect(of(name)).toMatchObject({ key_id: ours.key_id, key_fingerprint: ours.fingerprint });
    expect(of('three').key_fingerprint).toBe(of('four').key_fingerprint);
    expect(await allThatIsStored(app)).not.toContain(ours.secret);
  });

  it('with other requests of its line stored gives only those that were not', async () => {
    const [key, workspace] = [newName('key'), newName('ws')];
    const entry = (index: number, where: string) => ({ ...nativeLine({ key_id: key, request_id: `${key}-${index}` }), workspace: where });
    const body = { Records: [entry(0, 'default'), entry(1, workspace), entry(2, 'default'), entry(3, workspace)] };
    // Lines beside each other, the first of which holds four requests.
    expect((await send([body, nativeLine()], '?format=auto')).body).toMatchObject({ received: 5, stored: 3, dead_lettered: 2 });
    const letter = await letterOf(key);
    expect(letter).toMatchObject({ requests: 2 });
    await makeWorkspace(workspace);
    const before = await account();
    expect((await replay({ dead_letter_ids: [letter.dead_letter_id], format: 'native' })).body.data).toMatchObject([{ outcome: 'unreadable', code: 'partly_stored' }]);
    expect((await replay({ dead_letter_ids: [letter.dead_letter_id] })).body.data).toMatchObject([{ outcome: 'replayed', rows: 2 }]);
    expect(await rows(key)).toEqual(sameCounts(4));
    expect(await account()).toEqual({ ...before, stored: before.stored + 2, dead_lettered: before.dead_lettered - 2 });
    const ids = await clickhouseOf(app).select(`SELECT uniqExact(request_id) AS ids FROM request_logs WHERE key_id = {key:String}`, { key });
    expect(ids).toEqual([{ ids: 4 }]);
  });

  it('that was read as the wrong format is stored in the right one, and received stays the sum', async () => {
    const key = newName('key');
    const list = JSON.stringify([nativeLine({ key_id: key }), nativeLine({ key_id: key })]);
    await send([`{"Records":${list}}`], '?format=kong');
    const letter = await letterOf(key);
    const before = await account();
    expect((await replay({ dead_letter_ids: [letter.dead_letter_id], format: 'auto', workspace: 'default' })).body.data).toMatchObject([{ outcome: 'replayed', rows: 2 }]);
    const after = await account();
    expect(await rows(key)).toEqual(sameCounts(2));
    expect(after.stored - before.stored).toBe(2);
    expect(after.received).toBe(after.stored + after.dead_lettered);
  });

  it('whose kept payload was cut, or that is bad still, is refused with the reason and stays', async () => {
    const key = newName('key');
    await send([nativeLine({ key_id: key, workspace: newName('ws'), attributes: { filler: 'word '.repeat(800), more: 'word '.repeat(800), last: 'word '.repeat(800) } }), `{"${key}`]);
    const [cut, broken] = [await letterOf(`"key_id":"${key}"`), await letterOf(`{"${key}`)];
    const before = await account();
    const { body } = await replay({ dead_letter_ids: [cut.dead_letter_id, broken.dead_letter_id, 'dl_none'] });
    expect(Object.fromEntries(body.data.map(({ dead_letter_id, outcome, code }) => [dead_letter_id, [outcome, code]]))).toEqual({
      [cut.dead_letter_id]: ['unreadable', 'no_content'], [broken.dead_letter_id]: ['refused', 'invalid_json'], dl_none: ['not_found', null],
    });
    expect(body.data.find(({ dead_letter_id }) => dead_letter_id === cut.dead_letter_id)?.reason).toBe('its kept payload is not the whole line');
    expect(await account()).toEqual(before);
  });

  it('tells its new reason when it is refused for another', async () => {
    const key = newName('key');
    const { letter } = await strayLine(key);
    expect((await replay({ dead_letter_ids: [letter.dead_letter_id], format: 'kong' })).body.data).toMatchObject([{ outcome: 'refused' }]);
    expect(await letterOf(key)).toMatchObject({ code: expect.not.stringMatching('unknown_workspace'), replayed_at: null });
  });

  it('of other workspaces does not exist for a caller of some, who may not store into others either', async () => {
    const [own, other] = [newName('ws'), newName('ws')];
    await makeWorkspace(own);
    await makeWorkspace(other);
    const token = await registryOf(app).token('admin', [own]);
    await send([nativeLine({ workspace: own, status: 'x', tenant: own }), nativeLine({ workspace: other, status: 'x', tenant: other })]);
    const [mine, theirs] = [await letterOf(own), await letterOf(other)];
    const { body } = await replay({ dead_letter_ids: [mine.dead_letter_id, theirs.dead_letter_id] }, token);
    expect(Object.fromEntries(body.data.map(({ dead_letter_id, outcome }) => [dead_letter_id, outcome]))).toEqual({ [mine.dead_letter_id]: 'refused', [theirs.dead_letter_id]: 'not_found' });
    expect((await app.call(`/v1/dead-letters/${theirs.dead_letter_id}`, { token })).status).toBe(404);
    expect((await replay({ dead_letter_ids: [mine.dead_letter_id], workspace: other }, token)).status).toBe(404);
  });

  it('is found by source, code, time and state, and replayed page by page', async () => {
    const workspace = newName('ws');
    const from = new Date().toISOString();
    await send(Array.from({ length: 5 }, () => nativeLine({ workspace })));
    const filter = { code: 'unknown_workspace', source: 'http', from };
    const query = `&code=unknown_workspace&source=http&from=${encodeURIComponent(from)}`;
    expect(await letters(`${query}&state=waiting`)).toHaveLength(5);
    expect(await letters(`${query}&to=${encodeURIComponent(from)}`)).toEqual([]);
    await makeWorkspace(workspace);
    const first = (await replay({ filter, limit: 3 })).body;
    const second = (await replay({ filter, limit: 3, cursor: first.next_cursor })).body;
    expect([first.replayed, second.replayed, second.next_cursor]).toEqual([3, 2, null]);
    expect(await letters(`${query}&state=replayed`)).toHaveLength(5);
    expect((await replay({ filter })).body.data).toEqual([]);
  });

  it.each([{}, { dead_letter_ids: ['a'], filter: {} }, { dead_letter_ids: [] }, { filter: { colour: 'x' } }, { dead_letter_ids: ['a'], format: 'nonsense' }])('is replayed by ids or by a filter: %j is 400', async (body) => {
    expect((await replay(body)).status).toBe(400);
  });
});
