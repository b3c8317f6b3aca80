import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { CreatedAccessToken, CreatedApiKey, DeadLetterPage, IntakeResult, RequestLogPage } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../support/app.js';
import { allThatIsStored, clickhouseOf, countsOfKey, databaseOf, nativeLine, ndjson, newName, sameCounts } from '../support/request-lines.js';

const fixture = (name: string) => readFile(new URL(`../../libs/request-logs/formats/fixtures/${name}`, import.meta.url));

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const send = (body: unknown, options: { query?: string; headers?: Record<string, string>; token?: string } = {}) =>
  app.call<IntakeResult & { code?: string }>(`/v1/request-logs${options.query ?? ''}`, {
    body, ...(options.headers && { headers: options.headers }), ...(options.token && { token: options.token }),
  });
const idsOfKey = async (keyId: string) =>
  (await app.call<RequestLogPage>(`/v1/request-logs?key_id=${keyId}&limit=1000`)).body.data.map(({ request_id }) => request_id).sort();
const batchesOf = async (keyId: string) =>
  (await clickhouseOf(app).select<{ batches: number }>('SELECT uniqExact(batch_id) AS batches FROM request_logs WHERE key_id = {key:String}', { key: keyId }))[0]!.batches;
const deadLetters = async (query = '') => (await app.call<DeadLetterPage>(`/v1/dead-letters${query}`)).body.data;

describe('request logs over HTTP', () => {
  it('come in as NDJSON, as an array, as one object over several lines, and each of these gzipped', async () => {
    const key = newName('key');
    const lines = Array.from({ length: 12 }, (_, index) => nativeLine({ key_id: key, request_id: `${key}-${String(index).padStart(2, '0')}` }));
    const crlf = ndjson(lines.slice(2, 4)).replaceAll('\n', '\r\n');
    const bodies = [ndjson(lines.slice(0, 2)), `\n${crlf}\r\n\r\n`, JSON.stringify(lines.slice(4, 6), null, 2), JSON.stringify(lines[6], null, 2)];
    for (const body of bodies) expect((await send(body)).body).toMatchObject({ dead_lettered: 0, duplicate: false, errors: [] });
    const zipped = [ndjson(lines.slice(7, 9)), JSON.stringify(lines.slice(9, 11)), JSON.stringify(lines[11], null, 2)];
    for (const body of zipped) {
      const answer = await send(gzipSync(body), { headers: { 'content-encoding': 'gzip', 'content-type': 'application/x-ndjson' } });
      expect(answer).toMatchObject({ status: 200, body: { dead_lettered: 0 } });
    }
    expect(await idsOfKey(key)).toEqual(lines.map(({ request_id }) => request_id));
    expect(await countsOfKey(clickhouseOf(app), key)).toEqual(sameCounts(12));
  });

  it('come in as Kong and CloudTrail write them, and every request is found by its id', async () => {
    const kong = await send(await fixture('kong.json'), { query: '?format=kong' });
    expect(kong).toMatchObject({ status: 200, body: { received: 2, stored: 2 } });
    const trail = await send(await fixture('cloudtrail.ndjson'), { query: '?format=cloudtrail' });
    expect(trail).toMatchObject({ status: 200, body: { received: 3, stored: 3 } });
    const records = (await fixture('cloudtrail.ndjson')).toString().trim().split('\n').map((line) => {
      const event = JSON.parse(line) as { requestID?: string; eventID: string };
      return { ...event, requestID: `again-${event.requestID ?? event.eventID}` };
    });
    expect(await send({ Records: records }, { query: '?format=cloudtrail' })).toMatchObject({ status: 200, body: { received: 3, stored: 3 } });
    const found = async (id: string) => (await app.call<RequestLogPage>(`/v1/request-logs/${id}`)).body.data;
    expect(await found('11111111111111111111111111111111')).toEqual([expect.objectContaining({ method: 'GET', status: 200, principal: 'orders-service' })]);
    expect(await found('22222222222222222222222222222222')).toEqual([expect.objectContaining({ outcome: 'unauthorised', address: '198.51.100.8' })]);
    for (const prefix of ['', 'again-']) {
      expect(await found(`${prefix}0000000000000001`)).toEqual([expect.objectContaining({ key_id: 'ASIAEXAMPLEEXAMPLE01', credential_kind: 'role' })]);
    }
  });

  it('answer with the line number and reason of every bad line, store its good neighbours, and keep the bad ones as dead letters', async () => {
    const key = newName('key');
    const good = (id: string) => nativeLine({ key_id: key, request_id: `${key}-${id}` });
    const bad = ['{"time":', nativeLine({ status: 'teapot' }), '[]x', nativeLine({ time: '1970-01-01T00:00:00Z' }), '42', nativeLine({ workspace: 'nowhere' })];
    const lines = [good('a'), bad[0], good('b'), bad[1], bad[2], '', bad[3], good('c'), bad[4], bad[5]];
    const answer = await send(ndjson(lines));
    expect(answer).toMatchObject({ status: 200, body: { received: 9, stored: 3, dead_lettered: 6 } });
    expect(answer.body.errors).toEqual([
      { line: 2, code: 'invalid_json', reason: 'not valid JSON' },
      { line: 4, code: 'invalid_field', reason: expect.stringMatching(/^status: /) },
      { line: 5, code: 'invalid_json', reason: 'not valid JSON' },
      { line: 7, code: 'time_out_of_range', reason: expect.stringContaining('before 2005') },
      { line: 9, code: 'not_an_object', reason: 'not a JSON object' },
      { line: 10, code: 'unknown_workspace', reason: expect.stringContaining('workspace is unknown') },
    ]);
    expect(await idsOfKey(key)).toEqual([`${key}-a`, `${key}-b`, `${key}-c`]);
    const kept = (await deadLetters()).filter(({ source }) => source === 'http').slice(0, 6).reverse();
    expect(kept.map(({ code }) => code)).toEqual(answer.body.errors.map(({ code }) => code));
    expect(kept.map(({ position }) => position.replace(/^batch [0-9a-f]{12} /, ''))).toEqual([2, 4, 5, 7, 9, 10].map((line) => `line ${line}`));
    expect(kept[0]).toMatchObject({ workspace_id: '', payload: '{"time":', sha256: createHash('sha256').update('{"time":').digest('hex') });
  });

  it('answer 422 with every reason when not one line is good, and keep those lines too', async () => {
    const marker = newName('marker');
    const answer = await send(`{"${marker}":1}\n{"${marker}":2}`);
    expect(answer).toMatchObject({ status: 422, body: { code: 'no_valid_lines', received: 2, stored: 0, dead_lettered: 2, errors: [{ line: 1 }, { line: 2 }] } });
    expect((await deadLetters()).filter(({ payload }) => payload.includes(marker))).toHaveLength(2);
  });

  it('that come one by one at the same time share an insert, and each is there when it is answered', async () => {
    const key = newName('key');
    const insertsBefore = await batchesOf(key);
    const found = await Promise.all(Array.from({ length: 24 }, async (_, index) => {
      const line = nativeLine({ key_id: key, request_id: `${key}-${index}` });
      expect(await send(line)).toMatchObject({ status: 200, body: { received: 1, stored: 1, duplicate: false } });
      return (await app.call<RequestLogPage>(`/v1/request-logs/${line.request_id}`)).body.data.length;
    }));
    expect([insertsBefore, found]).toEqual([0, Array(24).fill(1)]);
    expect(await batchesOf(key)).toBeLessThan(12);
    expect(await countsOfKey(clickhouseOf(app), key)).toEqual(sameCounts(24));
  });

  it('that cannot be stored are refused to everyone who shared the insert', async () => {
    const key = newName('key');
    const spy = jest.spyOn(clickhouseOf(app), 'insertBlock').mockRejectedValue(new Error('the store is down'));
    try {
      const answers = await Promise.all(Array.from({ length: 8 }, () => send(nativeLine({ key_id: key }))));
      expect(answers.every(({ status }) => status >= 500)).toBe(true);
    } finally {
      spy.mockRestore();
    }
    expect(await send(nativeLine({ key_id: key }))).toMatchObject({ status: 200 });
    expect(await countsOfKey(clickhouseOf(app), key)).toEqual(sameCounts(1));
  });

  it('keep a bad line for the workspace it names and for nobody else', async () => {
    const create = async () => (await app.call<{ workspace_id: string }>('/v1/workspaces', { body: { name: newName('ws'), environment: 'test' } })).body.workspace_id;
    const [ours, others] = [await create(), await create()];
    const readerOf = async (workspace: string) => (await app.call<CreatedAccessToken>('/v1/access-tokens', {
      body: { name: newName('reader'), role: 'responder', workspaces: [workspace] },
    })).body.token;
    const marker = newName('marker');
    await send(ndjson([nativeLine({ workspace: ours, status: marker }), `{"workspace":"${ours}","path":"/${marker}`, `{"path":"/${marker}`]));
    const seenBy = async (token?: string) => (await app.call<DeadLetterPage>('/v1/dead-letters?limit=1000', token ? { token } : {})).body.data
      .filter(({ payload }) => payload.includes(marker)).map(({ workspace_id }) => workspace_id).sort();
    expect(await seenBy()).toEqual(['', ours, ours]);
    expect(await seenBy(await readerOf(ours))).toEqual([ours, ours]);
    expect(await seenBy(await readerOf(others))).toEqual([]);
    expect(await seenBy(await readerOf('default'))).toEqual([]);
  });

  it('leave no secret behind: not in the stores, not in answers, not in the log', async () => {
    const owner = await app.call<{ owner_id: string }>('/v1/owners', { body: { name: newName('Team'), kind: 'team', contact: '#team' } });
    const ours = (await app.call<CreatedApiKey>('/v1/api-keys', { body: { workspace: 'default', service: 'payments', owner_id: owner.body.owner_id } })).body;
    const random = () => randomBytes(24).toString('base64url').replace(/[-_]/g, 'x');
    const jwt = `eyJhbGciOiJub25lIn0.${Buffer.from(JSON.stringify({ sub: random() })).toString('base64url')}.${random()}`;
    const planted = [ours.secret, `sk_live_${random()}`, `ghp_${random()}${random()}`.slice(0, 40), jwt, `Pa5s${random()}`, `q${random()}Z9`, `hdr${random()}7Q`];
    const [registered, stripe, github, token, password, inQuery, inHeader] = planted as [string, string, string, string, string, string, string];
    const written: string[] = [];
    const capture = (chunk: unknown) => { written.push(String(chunk)); return true; };
    const spies = [jest.spyOn(process.stdout, 'write').mockImplementation(capture), jest.spyOn(process.stderr, 'write').mockImplementation(capture)];
    const lines = [
      nativeLine({ key_id: undefined, key: registered }), nativeLine({ key_id: undefined, headers: { Authorization: `Bearer ${inHeader}`, cookie: `s=${inHeader}` } }),
      nativeLine({ path: `/pay/${stripe}?apikey=${inQuery}&access_token=${token}` }), nativeLine({ referer: `https://user:${password}@example.org/?token=${inQuery}` }),
      nativeLine({ user_agent: `curl ${github}`, attributes: { authorization: `Bearer ${token}`, note: stripe } }), nativeLine({ key_id: stripe, request_id: github }),
      // Bad lines: what cannot be parsed cannot be cut along its fields.
      `{"key":"${registered}","apikey":"${inQuery}`, nativeLine({ status: `Bearer ${token}`, key: stripe }), `Authorization: Bearer ${inHeader} ${github}\u0000${registered}`,
      `GET /?password=${password} HTTP/1.1`, nativeLine({ workspace: newName('ws'), headers: { 'x-api-key': inHeader } }),
    ];
    const answers: unknown[] = [];
    try {
      answers.push(await send(ndjson(lines)), await send(`{"key":"${stripe}"`), await send('{}', { query: `?format=${stripe}` }));
      answers.push(await app.call(`/v1/request-logs?address=${stripe}&cursor=${token}`), await app.call('/v1/request-logs', { token: inHeader }));
      answers.push(await app.call('/v1/request-logs?limit=1000'), await app.call('/v1/dead-letters?limit=1000'), await app.call('/metrics'));
    } finally {
      spies.forEach((spy) => spy.mockRestore());
    }
    expect(answers[0]).toMatchObject({ status: 200, body: { received: 11, stored: 6, dead_lettered: 5 } });
    const everything = { stores: await allThatIsStored(app), answers: JSON.stringify(answers), log: written.join('') };
    expect(everything.stores).toContain(ours.fingerprint);
    for (const [place, text] of Object.entries(everything)) {
      expect({ place, leaked: planted.filter((secret) => text.includes(secret)) }).toEqual({ place, leaked: [] });
    }
  });
});

describe('a batch with an Idempotency-Key', () => {
  const batch = (key: string, count: number) => ndjson([...Array.from({ length: count }, () => nativeLine({ key_id: key })), `{"bad":"${key}"`]);
  const keyed = (body: unknown, idempotencyKey: string, query = '') => send(body, { headers: { 'idempotency-key': idempotencyKey }, query });

  it('is stored once however often it is sent, in the table and in every rollup', async () => {
    const key = newName('key');
    const body = batch(key, 20);
    expect(await keyed(body, key)).toMatchObject({ status: 200, body: { received: 21, stored: 20, dead_lettered: 1, duplicate: false } });
    for (let again = 0; again < 3; again += 1) {
      expect(await keyed(body, key)).toMatchObject({ status: 200, body: { received: 21, stored: 20, dead_lettered: 1, duplicate: true } });
    }
    expect(await countsOfKey(clickhouseOf(app), key)).toEqual(sameCounts(20));
    expect((await deadLetters('?limit=1000')).filter(({ payload }) => payload.includes(key))).toHaveLength(1);
  });

  it('is stored once when it is sent many times at once, and one answer alone says that it stored', async () => {
    const key = newName('key');
    const body = batch(key, 20);
    const answers = await Promise.all(Array.from({ length: 8 }, () => keyed(body, key)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(answers.filter(({ body: { duplicate } }) => !duplicate)).toHaveLength(1);
    expect(await countsOfKey(clickhouseOf(app), key)).toEqual(sameCounts(20));
    expect((await deadLetters('?limit=1000')).filter(({ payload }) => payload.includes(key))).toHaveLength(1);
  });

  it('is stored once when the process ended between storing it and noting so', async () => {
    const key = newName('key');
    const body = batch(key, 20);
    await keyed(body, key);
    await databaseOf(app).updateTable('intake_batches').set({ received: null, stored: null, dead_lettered: null }).execute();
    expect(await keyed(body, key)).toMatchObject({ status: 200, body: { stored: 20 } });
    expect(await countsOfKey(clickhouseOf(app), key)).toEqual(sameCounts(20));
  });

  it('is not acknowledged while the store fails, and stored once when it is sent again, whether or not the store had it', async () => {
    const [key, clickhouse] = [newName('key'), clickhouseOf(app)];
    const insert = clickhouse.insertBlock.bind(clickhouse);
    const spies = [jest.spyOn(process.stderr, 'write').mockReturnValue(true), jest.spyOn(clickhouse, 'insertBlock').mockRejectedValueOnce(new Error('the store is away'))
      .mockImplementationOnce(async (...args) => { await insert(...args); throw new Error('the answer was lost'); })];
    try {
      const body = batch(key, 20);
      for (let attempt = 0; attempt < 2; attempt += 1) {
        const answer = await keyed(body, key);
        expect(answer.status).toBeGreaterThanOrEqual(500);
        expect(JSON.stringify(answer.body)).not.toMatch(/the store is away|the answer was lost/);
      }
      expect(await keyed(body, key)).toMatchObject({ status: 200, body: { stored: 20, dead_lettered: 1, duplicate: false } });
    } finally {
      spies.forEach((spy) => spy.mockRestore());
    }
    expect(await countsOfKey(clickhouse, key)).toEqual(sameCounts(20));
  });

  it('is refused with 422 when the key was used for another body, format or workspace, and stores nothing of it', async () => {
    const [key, other] = [newName('key'), newName('key')];
    await keyed(batch(key, 3), key);
    for (const answer of [await keyed(batch(other, 3), key), await keyed(batch(key, 3), key, '?workspace=default')]) {
      expect(answer).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    }
    expect(await countsOfKey(clickhouseOf(app), other)).toEqual(sameCounts(0));
    expect(await countsOfKey(clickhouseOf(app), key)).toEqual(sameCounts(3));
  });

  it('never answers 2xx for a batch that lost a race for its key to another batch', async () => {
    for (let round = 0; round < 5; round += 1) {
      const names = Array.from({ length: 4 }, () => newName('key'));
      const answers = await Promise.all(names.map((name) => keyed(batch(name, 5), names.join('.'))));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 422, 422, 422]);
      const stored = await Promise.all(names.map(async (name) => (await countsOfKey(clickhouseOf(app), name)).rows));
      expect(stored).toEqual(answers.map(({ status }) => (status === 200 ? 5 : 0)));
    }
  });

  it('is another batch when another caller uses the same key', async () => {
    const key = newName('key');
    const { token } = (await app.call<CreatedAccessToken>('/v1/access-tokens', { body: { name: 'gateway', role: 'ingest' } })).body;
    await keyed(batch(key, 2), key);
    const answer = await send(batch(key, 3), { headers: { 'idempotency-key': key }, token });
    expect(answer).toMatchObject({ status: 200, body: { stored: 3, duplicate: false } });
    expect(await countsOfKey(clickhouseOf(app), key)).toEqual(sameCounts(5));
  });
});

describe('a caller of some workspaces', () => {
  it('cannot write into another workspace, whether a line, a key or the query names it', async () => {
    for (const workspace_id of ['mine', 'theirs']) {
      await app.call('/v1/workspaces', { body: { workspace_id, name: workspace_id, environment: 'test' } });
    }
    const owner = await app.call<{ owner_id: string }>('/v1/owners', { body: { name: newName('Team'), kind: 'team', contact: '#team' } });
    const theirKey = (await app.call<CreatedApiKey>('/v1/api-keys', { body: { workspace: 'theirs', service: 'api', owner_id: owner.body.owner_id } })).body;
    const { token } = (await app.call<CreatedAccessToken>('/v1/access-tokens', { body: { name: 'gateway', role: 'ingest', workspaces: ['mine'] } })).body;
    const key = newName('key');
    const lines = [nativeLine({ key_id: key }), nativeLine({ key_id: key, workspace: 'theirs' }), nativeLine({ key_id: theirKey.key_id }),
      nativeLine({ key_id: key, workspace: 'mine' }), nativeLine({ key_id: undefined, key: theirKey.secret })];
    const answer = await send(ndjson(lines), { token });
    expect(answer).toMatchObject({ status: 200, body: { stored: 2, dead_lettered: 3 } });
    expect(answer.body.errors.map(({ line, code }) => [line, code])).toEqual([[2, 'unknown_workspace'], [3, 'unknown_workspace'], [5, 'unknown_workspace']]);
    const stored = await clickhouseOf(app).select('SELECT workspace_id, count() AS rows FROM request_logs WHERE key_id = {key:String} GROUP BY 1', { key });
    expect(stored).toEqual([{ workspace_id: 'mine', rows: 2 }]);
    expect(await send(ndjson(lines), { token, query: '?workspace=theirs' })).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await send(ndjson(lines), { token, query: '?workspace=not-there' })).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect((await app.call('/v1/request-logs', { token })).status).toBe(403);
  });
});
