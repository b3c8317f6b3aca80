import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type {
  Activity, AuditPage, CreatedApiKey, DeadLetterPage, Incident, IncidentPage, IntakeResult, Introspection, Replacement, RequestLogPage,
} from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../support/app.js';
import { createClickHouseDatabase, describeWithClickHouseHttp } from '../support/clickhouse.js';
import { createPostgresDatabase, describeWithPostgres } from '../support/postgres.js';
import { allThatIsStored, clickhouseOf, countsOfKey, nativeLine, ndjson, newName, sameCounts } from '../support/request-lines.js';

const masterKey = randomBytes(32).toString('base64');
const now = Date.now();
const strange = `it's "quoted" \\ tab\u0009 ünïcödé 🔑`;

/** The main job, once through, and what every question about it is answered with: the same on all stores, ids apart. */
async function play(app: TestApp) {
  const post = async <T>(path: string, body: unknown, headers: Record<string, string> = {}) => (await app.call<T>(path, { body, headers })).body;
  const get = async <T>(path: string) => {
    const answer = await app.call<T>(path);
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`);
    return answer.body;
  };
  const owner = await post<{ owner_id: string }>('/v1/owners', { name: strange, kind: 'team', contact: '#payments' });
  const key = await post<CreatedApiKey>('/v1/api-keys', { workspace: 'default', service: 'payments', owner_id: owner.owner_id, scopes: ['orders:read'] });
  const burst = Array.from({ length: 40 }, (_, index) => ({
    time: now - 60_000 + index * 100, request_id: `burst-${index}`, key: key.secret, method: 'GET', path: `/orders/${index}?q=${strange}`, status: index % 4 ? 403 : 200,
    address: `203.0.113.${index % 3}`, user_agent: 'python-requests/2.32', latency_ms: index / 8, bytes_out: 2 ** 40 + index, attributes: { note: strange, index },
  }));
  const months = Array.from({ length: 30 }, (_, month) => ({ ...burst[0], key: undefined, key_id: 'old-key', request_id: `month-${month}`, time: Date.UTC(2019, month, 3) }));
  const body = ndjson([...burst, '{"broken":', ...months, { ...burst[0], status: 'x' }]);
  const intake = [];
  for (let time = 0; time < 3; time += 1) intake.push(await post<IntakeResult>('/v1/request-logs', body, { 'idempotency-key': 'the-batch' }));
  const reused = await post<{ code: string }>('/v1/request-logs', `${body}\n`, { 'idempotency-key': 'the-batch' });
  await app.detect();
  const [found] = (await get<IncidentPage>(`/v1/incidents?key_id=${key.key_id}`)).data;
  const replaced = await post<Replacement>(`/v1/api-keys/${key.key_id}/revoke-and-replace`, { reason: strange, incident_id: found?.incident_id }, { 'idempotency-key': 'replace' });
  const again = await post<Replacement>(`/v1/api-keys/${key.key_id}/revoke-and-replace`, { reason: strange, incident_id: found?.incident_id }, { 'idempotency-key': 'replace' });
  const incident = await get<Incident>(`/v1/incidents/${found?.incident_id}`);
  const firstPage = await get<RequestLogPage>(`/v1/request-logs?key_id=${key.key_id}&limit=25`);
  const names = new Map([[key.key_id, 'KEY'], [key.fingerprint, 'PRINT'], [key.secret, 'SECRET'], [replaced.replacement.key_id, 'NEW']]);
  const stored = await allThatIsStored(app);
  const answers = {
    counts: [await countsOfKey(clickhouseOf(app), key.key_id), await countsOfKey(clickhouseOf(app), 'old-key')],
    intake, reused: reused.code,
    pages: [firstPage.data, (await get<RequestLogPage>(`/v1/request-logs?key_id=${key.key_id}&limit=25&cursor=${firstPage.next_cursor}`)).data],
    filtered: (await get<RequestLogPage>(`/v1/request-logs?outcome=forbidden&address=203.0.113.1&last_n_minutes=30`)).data,
    one: (await get<RequestLogPage>('/v1/request-logs/month-7')).data,
    activity: await get<Activity>(`/v1/api-keys/${key.key_id}/activity?from=${new Date(now - 600_000).toISOString()}&to=${new Date(now).toISOString()}`),
    letters: (await get<DeadLetterPage>('/v1/dead-letters')).data.map(({ position, code, reason, payload }) => [position.replace(/^batch \w+ /, ''), code, reason, payload]),
    incident: {
      severity: incident.severity, state: incident.state, title: incident.title, rules: incident.rule_ids, owner: incident.owner?.name, addresses: incident.addresses,
      timeline: incident.timeline.map(({ kind, text }) => [kind, text.replaceAll(/[\d.]+ (s|ms)\b/g, '$1')]), evidence: incident.evidence.map(({ evidence }) => evidence),
    },
    replaced: [replaced.replayed, replaced.replacement.state, replaced.replacement.scopes, replaced.revoked!.state, replaced.revoked!.revoke_reason],
    again: [again.replayed, again.secret, again.replacement.key_id === replaced.replacement.key_id],
    introspected: [await post<Introspection>('/v1/introspect', { token: key.secret }), await post<Introspection>('/v1/introspect', { token: replaced.secret })].map(({ active, reason }) => [active, reason]),
    audit: (await get<AuditPage>('/v1/audit-entries')).data.map(({ action, object_type, reason }) => [action, object_type, reason]),
    leaked: [key.secret, replaced.secret!].some((secret) => stored.includes(secret)),
  };
  return JSON.parse([...names].reduce((seen, [id, name]) => seen.replaceAll(id, name), JSON.stringify(answers))) as Record<string, unknown>;
}

/** Many at once, as only a server with several connections sees it. */
function expectBatchesToRaceFairly(appOf: () => TestApp): void {
  it('stores a batch once that is sent many times at once, and never two batches under one key', async () => {
    const app = appOf();
    const send = (key: string, idempotencyKey: string) =>
      app.call<IntakeResult>('/v1/request-logs', { body: ndjson([...Array.from({ length: 5 }, () => nativeLine({ key_id: key })), `{"${key}`]), headers: { 'idempotency-key': idempotencyKey } });
    for (let round = 0; round < 4; round += 1) {
      const keys = Array.from({ length: 6 }, () => newName('key'));
      const different = await Promise.all(keys.map((key) => send(key, `race-${keys[0]}`)));
      expect(different.map(({ status }) => status).sort()).toEqual([200, 422, 422, 422, 422, 422]);
      const winner = keys[different.findIndex(({ status }) => status === 200)]!;
      for (const key of keys) expect(await countsOfKey(clickhouseOf(app), key)).toEqual(sameCounts(key === winner ? 5 : 0));

      const body = ndjson(Array.from({ length: 5 }, () => nativeLine({ key_id: `${winner}-same` })));
      const same = await Promise.all(Array.from({ length: 6 }, () => app.call<IntakeResult>('/v1/request-logs', { body, headers: { 'idempotency-key': `same-${winner}` } })));
      expect(same.map(({ status, body: { duplicate } }) => [status, duplicate]).sort()).toEqual([[200, false], ...Array(5).fill([200, true])]);
      expect(await countsOfKey(clickhouseOf(app), `${winner}-same`)).toEqual(sameCounts(5));
    }
  });
}

let embedded: Record<string, unknown>;
beforeAll(async () => {
  const app = await startTestApp({ KEYTRAIL_MASTER_KEY: masterKey });
  try {
    embedded = await play(app);
  } finally {
    await app.stop();
  }
});

describe('the embedded stores', () => {
  it('go from request logs to an incident with its owner, and from one call to a key that is refused', () => {
    expect(embedded).toMatchObject({
      counts: [sameCounts(40), sameCounts(30)],
      intake: [{ received: 72, stored: 70, dead_lettered: 2, duplicate: false }, { duplicate: true }, { duplicate: true }],
      reused: 'idempotency_key_reused',
      activity: { totals: { requests: 40, denied: 30, addresses: 3 } },
      incident: { state: 'contained', rules: expect.arrayContaining(['denied-burst']), owner: strange },
      replaced: [false, 'active', ['orders:read'], 'revoked', strange], again: [true, null, true],
      introspected: [[false, 'revoked'], [true, null]], leaked: false,
    });
  });
});

describeWithClickHouseHttp('ClickHouse over HTTP', () => {
  let app: TestApp;
  const undo: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    const database = await createClickHouseDatabase();
    undo.push(() => database.drop());
    const url = new URL(database.url);
    url.pathname = `/${database.database}`;
    app = await startTestApp({ KEYTRAIL_MASTER_KEY: masterKey, KEYTRAIL_CLICKHOUSE_URL: url.href });
    undo.push(() => app.stop());
  });
  afterAll(async () => {
    for (const step of undo.reverse()) await step();
  });

  it('answers every question of the main job as the embedded store does', async () => {
    expect(await play(app)).toEqual(embedded);
  });
  expectBatchesToRaceFairly(() => app);
});

describeWithPostgres('Postgres on a server', () => {
  let app: TestApp;
  const undo: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    const database = await createPostgresDatabase();
    undo.push(() => database.drop());
    app = await startTestApp({ KEYTRAIL_MASTER_KEY: masterKey, KEYTRAIL_POSTGRES_URL: database.url });
    undo.push(() => app.stop());
  });
  afterAll(async () => {
    for (const step of undo.reverse()) await step();
  });

  it('answers every question of the main job as the embedded database does', async () => {
    expect(await play(app)).toEqual(embedded);
  });
  expectBatchesToRaceFairly(() => app);
});
