import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { LiveEventPage, type CreatedApiKey, type Incident, type IncidentPage, type LiveEvent } from '@keytrail/contracts';
import { newId } from '@keytrail/platform';
import { RetentionJob } from '@keytrail/postgres';
import { startTestApp, type TestApp } from '../support/app.js';
import { listenTo, type ListenedStream } from '../support/event-stream.js';
import { createPostgresDatabase, describeWithPostgres } from '../support/postgres.js';
import { describeOnBoth } from '../support/postgres-forms.js';
import { registryOf, type TestRegistry } from '../support/registry.js';
import { databaseOf, nativeLine, ndjson, newName } from '../support/request-lines.js';
import { waitFor } from '../support/wait-for.js';

type Stream = ListenedStream<LiveEvent>;

/** Findings as detection writes them, without what detection would need. */
const insertFindings = async (app: TestApp, count: number, workspace = 'default'): Promise<string[]> => {
  const ids = Array.from({ length: count }, () => newId('fnd'));
  await sql`INSERT INTO findings (finding_id, rule_id, title, severity, workspace_id, key_id, principal, addresses, first_seen, last_seen, summary, evidence, episode, detected_at, awaits_correlation)
    SELECT id, 'made', 'Made', 'low', ${workspace}, 'key_x', '', '[]', now(), now(), 'made', '{"request_ids":[],"counts":{}}', id, now(), false FROM unnest(${ids}::text[]) AS id`.execute(databaseOf(app));
  return ids;
};
const findingsOf = ({ told }: Stream): string[] => told.flatMap(({ data }) => (data.type === 'finding' ? [data.finding.finding_id] : []));
const eventsOf = ({ told }: Stream) => told.filter(({ event }) => event !== 'current');

describeOnBoth('the stream of what happens', (env) => {
  let app: TestApp;
  let registry: TestRegistry;
  let viewer: string;
  let address = 0;
  const streams: Stream[] = [];

  beforeAll(async () => {
    app = await startTestApp(await env());
    registry = registryOf(app);
    viewer = await registry.token('viewer');
    await registry.workspace('other');
  });
  afterEach(() => {
    for (const stream of streams.splice(0)) stream.close();
  });
  afterAll(() => app?.stop());

  const page = async (query: string, token = viewer): Promise<LiveEventPage> => {
    const answer = await app.call<LiveEventPage>(`/v1/stream${query}`, { token });
    expect([answer.status, answer.body]).toEqual([200, answer.body]);
    return LiveEventPage.strict().parse(answer.body);
  };
  const now = async () => (await page('?cursor=now')).next_cursor;
  const open = async (query = '', token = viewer, lastEventId?: string) => {
    const stream = await listenTo<LiveEvent>(app, token, `/v1/stream${query}`, lastEventId);
    streams.push(stream);
    await waitFor(stream.current, { what: 'the stream to be current' });
    return stream;
  };
  const attack = async (key: CreatedApiKey) => {
    address += 1;
    const line = () => nativeLine({ workspace: key.workspace_id, key_id: key.key_id, status: 403, address: `198.19.${address}.7` });
    await app.call('/v1/request-logs', { body: ndjson(Array.from({ length: 40 }, line)) });
    await app.detect();
  };
  const incidentOf = async (key: CreatedApiKey) => (await app.call<IncidentPage>(`/v1/incidents?key_id=${key.key_id}`)).body.data[0]!;

  it('tells of a key, of the finding about it, of its incident, and of what people do about it, in that order', async () => {
    const stream = await open();
    expect(stream.answer.headers['content-type']).toContain('text/event-stream');
    const key = await registry.key();
    await attack(key);
    const { incident_id } = await incidentOf(key);
    await waitFor(() => stream.told.some(({ data }) => data.type === 'incident'), { what: 'the incident' });
    await app.call(`/v1/incidents/${incident_id}`, { method: 'PATCH', body: { state: 'acknowledged' } });
    await waitFor(() => stream.told.some(({ data }) => data.type === 'incident' && data.incident.state === 'acknowledged'), { what: 'the change' });
    await app.call(`/v1/api-keys/${key.key_id}/revoke-and-replace`, { body: { reason: 'stolen', incident_id } });
    await waitFor(() => stream.told.some(({ data }) => data.type === 'incident' && data.incident.state === 'contained'), { what: 'the containment' });
    const told = eventsOf(stream).map(({ data }) => data);
    expect(told[0]).toMatchObject({ type: 'key', key: { type: 'created', key_id: key.key_id } });
    expect(told.find(({ type }) => type === 'finding')).toMatchObject({ changes: expect.arrayContaining(['found']), finding: { rule_id: 'denied-burst', key_id: key.key_id } });
    expect(told.find(({ type }) => type === 'incident')).toMatchObject({ changes: expect.arrayContaining(['opened']), incident: { incident_id, key_ids: [key.key_id] } });
    expect(told.filter((event) => event.type === 'key').map((event) => event.key.type)).toEqual(expect.arrayContaining(['created', 'revoked']));
    expect(told.map(({ position }) => position)).toEqual(told.map(({ position }) => position).sort((a, b) => a - b));
    expect(stream.told.map(({ event, data }) => event === 'current' || event === data.type)).not.toContain(false);
    expect(JSON.stringify(stream.told)).not.toContain(key.secret);
    // A page has the same, and what is told late is told together.
    expect((await page(`?cursor=${stream.told[0]!.id}&limit=1000`)).data.find(({ type }) => type === 'incident')).toMatchObject({ changes: expect.arrayContaining(['opened', 'state']), incident: { state: 'contained' } });
  });

  it('tells that somebody wrote a note', async () => {
    const key = await registry.key();
    await attack(key);
    const { incident_id } = await incidentOf(key);
    const cursor = await now();
    await app.call(`/v1/incidents/${incident_id}`, { method: 'PATCH', body: { note: 'looking into it' } });
    expect((await page(`?cursor=${cursor}`)).data).toMatchObject([{ type: 'incident', changes: ['note'], incident: { incident_id } }]);
  });

  it('goes on after the last event that was seen, with nothing lost and nothing twice', async () => {
    const first = await open('?types=finding');
    const before = await insertFindings(app, 3);
    await waitFor(() => findingsOf(first).length === 3, { what: 'the first three' });
    first.close();
    const meanwhile = await insertFindings(app, 4);
    const second = await open('?types=finding', viewer, eventsOf(first)[1]!.id);
    expect(findingsOf(second)).toEqual([before[2], ...meanwhile]);
    const later = await insertFindings(app, 2);
    await waitFor(() => findingsOf(second).length === 7, { what: 'what came later' });
    expect(findingsOf(second).slice(5)).toEqual(later);
  });

  it('tells of the types and the workspace that were asked for', async () => {
    const start = await now();
    const [here, there] = [await registry.key(), await registry.key({ workspace: 'other' })];
    await insertFindings(app, 1);
    await insertFindings(app, 1, 'other');
    const typesOf = async (query: string) => (await page(`?cursor=${start}${query}`)).data.map(({ type }) => type);
    expect(await typesOf('')).toEqual(['key', 'key', 'finding', 'finding']);
    expect(await typesOf('&types=finding')).toEqual(['finding', 'finding']);
    expect(await typesOf('&types=incident,key')).toEqual(['key', 'key']);
    expect((await page(`?cursor=${start}&workspace=other&types=key`)).data).toMatchObject([{ key: { key_id: there.key_id } }]);
    expect((await page(`?cursor=${start}&workspace=default&types=key`)).data).toMatchObject([{ key: { key_id: here.key_id } }]);
  });

  it('shows a token of one workspace nothing of another, and nothing of the account', async () => {
    const theirs = await registry.token('viewer', ['other']);
    const [mine, all] = [await open('', theirs), await open()];
    const start = await now();
    const [hidden, shown] = [await registry.key(), await registry.key({ workspace: 'other' })];
    await app.call('/v1/service-tokens', { body: { service: 'x', environment: 'production', owner_id: await registry.owner() } });
    await attack(hidden);
    const [secret] = await insertFindings(app, 1);
    const [visible] = await insertFindings(app, 1, 'other');
    await waitFor(() => findingsOf(all).includes(visible!), { what: 'everything for who sees all' });
    await waitFor(() => findingsOf(mine).includes(visible!), { what: 'what is theirs' });
    expect(findingsOf(all)).toContain(secret);
    const caughtUp = await open('', theirs, start);
    for (const events of [eventsOf(mine).map(({ data }) => data), eventsOf(caughtUp).map(({ data }) => data), (await page(`?cursor=${start}`, theirs)).data]) {
      expect(events).toMatchObject([{ type: 'key', key: { key_id: shown.key_id } }, { type: 'finding', finding: { finding_id: visible } }]);
    }
    expect((await page(`?cursor=${start}&workspace=default`, theirs)).data).toEqual([]);
  });

  it('is for those who may read incidents, and refuses what is none of its types and cursors', async () => {
    for (const role of ['ingest', 'gateway', 'scanner'] as const) expect((await app.call('/v1/stream', { token: await registry.token(role) })).status).toBe(403);
    for (const query of ['?types=', '?types=secret', '?types=key,', '?types=key;finding', '?cursor=x', '?cursor=', '?limit=0', '?x=1']) {
      expect([query, (await app.call(`/v1/stream${query}`, { token: viewer })).status]).toEqual([query, 400]);
    }
    const ahead = Buffer.from('999999999').toString('base64url');
    expect(await app.call(`/v1/stream?cursor=${ahead}`, { token: viewer })).toMatchObject({ status: 410, body: { code: 'cursor_gone' } });
    expect((await listenTo(app, viewer, '/v1/stream', ahead)).answer.statusCode).toBe(410);
  });

  it('tells a storm of changes of one thing as few, with the latest state', async () => {
    const start = await now();
    const [id] = await insertFindings(app, 1);
    for (let batch = 0; batch < 10; batch += 1) {
      await databaseOf(app).transaction().execute(async (transaction) => {
        for (let change = 0; change < 50; change += 1) await transaction.updateTable('findings').set({ summary: `${batch}-${change}` }).where('finding_id', '=', id!).execute();
      });
    }
    const told = (await open('?types=finding', viewer, start)).told.filter(({ event }) => event === 'finding');
    expect(told.length).toBeLessThanOrEqual(10);
    expect(told.at(-1)!.data).toMatchObject({ finding: { finding_id: id, summary: '9-49' } });
  });

  it('does not tell what correlation notes for itself', async () => {
    const [id] = await insertFindings(app, 1);
    const start = await now();
    await databaseOf(app).updateTable('findings').set({ awaits_correlation: true, told_count: 7, told_growths: 2, told_severity: 'low' }).where('finding_id', '=', id!).execute();
    expect((await page(`?cursor=${start}`)).data).toEqual([]);
    await databaseOf(app).updateTable('findings').set({ awaits_correlation: false }).where('finding_id', '=', id!).execute();
  });

  it('tells many listeners the same, and lets go of those who went', async () => {
    const many = await Promise.all(Array.from({ length: 30 }, () => open('?types=finding')));
    const made = await insertFindings(app, 20);
    for (const stream of many) {
      await waitFor(() => findingsOf(stream).length === 20, { what: 'all findings' });
      expect(findingsOf(stream)).toEqual(made);
    }
  });

  it('says so when events that somebody has not seen were deleted', async () => {
    const start = await now();
    const [id] = await insertFindings(app, 1);
    await databaseOf(app).updateTable('live_changes').set({ at: new Date(0) }).where('object_id', '=', id!).execute();
    await app.standalone.app.get(RetentionJob, { strict: false }).run();
    expect(await app.call(`/v1/stream?cursor=${start}`, { token: viewer })).toMatchObject({ status: 410, body: { code: 'cursor_gone' } });
    expect((await page(`?cursor=${await now()}`)).data).toEqual([]);
    await insertFindings(app, 1);
    expect((await page('')).data).toHaveLength(1);
  });

  it('is gone on with by whoever holds an incident of before', async () => {
    const key = await registry.key();
    await attack(key);
    const { incident_id } = await incidentOf(key);
    const start = await now();
    await app.call<Incident>(`/v1/incidents/${incident_id}`, { method: 'PATCH', body: { state: 'resolved' } });
    expect((await page(`?cursor=${start}&types=incident`)).data).toMatchObject([{ type: 'incident', changes: ['state'], incident: { incident_id, state: 'resolved' } }]);
  });
});

describeWithPostgres('changes of transactions that overlap', () => {
  it('reach a stream that is cut again and again, each once and in the order of positions', async () => {
    const database = await createPostgresDatabase();
    const app = await startTestApp({ KEYTRAIL_POSTGRES_URL: database.url });
    try {
      const registry = registryOf(app);
      const viewer = await registry.token('viewer');
      const key = await registry.key();
      const [writers, rounds] = [6, 15];
      let writing = true;
      const seen: Stream['told'] = [];
      const start = (await app.call<LiveEventPage>('/v1/stream?cursor=now', { token: viewer })).body.next_cursor;
      const reader = (async () => {
        let last = start;
        const done = () => !writing && seen.filter(({ event }) => event === 'finding').length >= writers * rounds;
        while (!done()) {
          const stream = await listenTo<LiveEvent>(app, viewer, '/v1/stream', last);
          await waitFor(() => stream.told.length >= 3 || stream.current(), { what: 'some events', intervalMs: 5 });
          stream.close();
          seen.push(...eventsOf(stream));
          last = stream.told.at(-1)?.id ?? last;
        }
      })();
      // The first to write is not the first to commit.
      await Promise.all(Array.from({ length: writers }, async (_, writer) => {
        for (let round = 0; round < rounds; round += 1) {
          await databaseOf(app).transaction().execute(async (transaction) => {
            await sql`INSERT INTO findings (finding_id, rule_id, title, severity, workspace_id, key_id, principal, addresses, first_seen, last_seen, summary, evidence, episode, detected_at, awaits_correlation)
              VALUES (${newName('fnd')}, 'made', 'Made', 'low', 'default', 'key_x', '', '[]', now(), now(), 'made', '{"request_ids":[],"counts":{}}', ${newName('e')}, now(), false)`.execute(transaction);
            if (round % 3 === 0) await transaction.updateTable('credentials').set({ name: newName('key') }).where('key_id', '=', key.key_id).execute();
            for (let wait = 0; wait < (writer * 7 + round * 3) % 8; wait += 1) await transaction.selectFrom('findings').select('finding_id').limit(1).execute();
          });
        }
      }));
      writing = false;
      await reader;
      const positions = seen.map(({ data }) => data.position);
      expect(new Set(positions).size).toBe(positions.length);
      expect(positions).toEqual([...positions].sort((a, b) => a - b));
      expect(new Set(seen.flatMap(({ data }) => (data.type === 'finding' ? [data.finding.finding_id] : []))).size).toBe(writers * rounds);
    } finally {
      await app.stop();
      await database.drop();
    }
  }, 120_000);
});

describe('a process that stops', () => {
  it('ends its streams', async () => {
    const app = await startTestApp();
    const stream = await listenTo<LiveEvent>(app, await registryOf(app).token('viewer'), '/v1/stream');
    await waitFor(stream.current, { what: 'the stream to be current' });
    await app.stop();
    await waitFor(stream.ended, { what: 'the end of the stream' });
  });
});
