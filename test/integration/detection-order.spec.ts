import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ClickHouse } from '@keytrail/clickhouse';
import type { CreatedApiKey, Finding, FindingPage } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../support/app.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** What detection finds must not depend on how logs arrive: at once or bit by bit, late, ahead of time, or in very many batches. */
describe('detection, however logs arrive', () => {
  let app: TestApp;
  let owner: string;
  let next = 0;
  beforeAll(async () => {
    app = await startTestApp();
    owner = (await app.call<{ owner_id: string }>('/v1/owners', { body: { name: 'Payments', kind: 'team', contact: '#payments' } })).body.owner_id;
  });
  afterAll(() => app.stop());

  const newKey = async (service: string) =>
    (await app.call<CreatedApiKey>('/v1/api-keys', { body: { workspace: 'default', service, owner_id: owner } })).body.key_id;
  const line = (at: number, key_id: string, overrides: object = {}) => {
    next += 1;
    return { time: at, request_id: `r-${next}`, method: 'GET', path: '/orders', status: 200, address: '192.0.2.10', user_agent: 'sdk/1', key_id, ...overrides };
  };
  const post = async (lines: readonly object[]) =>
    expect((await app.call('/v1/request-logs', { body: lines.map((one) => JSON.stringify(one)).join('\n') })).status).toBe(200);
  const findings = async (key: string): Promise<Finding[]> => (await app.call<FindingPage>(`/v1/findings?key_id=${key}&limit=100`)).body.data;
  const told = (all: Finding[]) => all
    .map(({ rule_id, severity, first_seen, last_seen, addresses }) => ({ rule_id, severity, first_seen, last_seen, addresses }))
    .sort((a, b) => (a.first_seen + a.rule_id < b.first_seen + b.rule_id ? -1 : 1));

  it('finds the same in two days sent at once as hour by hour', async () => {
    const start = Math.floor((Date.now() - 50 * HOUR) / HOUR) * HOUR;
    const twoDays = (key: string) => Array.from({ length: 48 * 60 }, (_, minute) => line(start + minute * MINUTE, key)).concat(
      Array.from({ length: 60 }, (_, index) => line(start + 30 * HOUR + index * 1_000, key, { status: 403 })),
      Array.from({ length: 20 }, (_, index) => line(start + 36 * HOUR + index * 10_000, key, { address: '203.0.113.77' })),
    ).sort((a, b) => a.time - b.time);
    const [whole, hourly] = [await newKey('whole'), await newKey('hourly')];
    await post(twoDays(whole));
    await app.detect();
    const lines = twoDays(hourly);
    for (let hour = 0; hour < 48; hour += 1) {
      await post(lines.filter(({ time }) => time >= start + hour * HOUR && time < start + (hour + 1) * HOUR));
      await app.detect();
    }
    expect(told(await findings(whole))).toEqual(told(await findings(hourly)));
    const rules = (await findings(whole)).map(({ rule_id }) => rule_id);
    expect(rules).toEqual(expect.arrayContaining(['denied-burst', 'first-seen-address']));
    expect((await findings(whole)).find(({ rule_id }) => rule_id === 'first-seen-address')).toMatchObject({ addresses: ['203.0.113.77'] });
  });

  it('is not blinded by a gateway whose clock is three hours ahead', async () => {
    const key = await newKey('ahead');
    await post([line(Date.now() + 3 * HOUR, key)]);
    await app.detect();
    await post(Array.from({ length: 40 }, (_, index) => line(Date.now() - index * 500, key, { status: 403 })));
    await app.detect();
    expect((await findings(key)).map(({ rule_id }) => rule_id)).toContain('denied-burst');
  });

  it('goes on behind ten thousand batches that it has seen', async () => {
    const clickhouse = app.standalone.app.get(ClickHouse, { strict: false });
    await clickhouse.command(`INSERT INTO caller_activity (* EXCEPT(methods, environments, nodes, bytes_out, signs))
      SELECT now64(3, 'UTC'), concat('many', toString(number)), 'default', 'key_of_many', '', 'api_key', '', '192.0.2.1', '', 'sdk', 'authorised', '',
        toUInt32(intDiv(toUnixTimestamp(now()), 60)), 1, now64(3, 'UTC'), now64(3, 'UTC'), ['r'], [] FROM numbers(12000)`);
    await app.detect();
    await post([line(Date.now(), 'tok-late', { credential_kind: 'service_token', user_agent: 'PostmanRuntime/7.43' })]);
    await app.detect();
    expect((await findings('tok-late')).map(({ rule_id }) => rule_id)).toEqual(['machine-credential-by-hand']);
  });

  it('lets others have their turn while it catches up with many sparse keys', async () => {
    const now = Date.now();
    await post(Array.from({ length: 300 }, (_, key) => [55 * 24 * 60, 10, 0].map((minutes) => line(now - minutes * MINUTE, `sparse-${key}`))).flat());
    const state = { done: false };
    const detecting = app.detect().finally(() => {
      state.done = true;
    });
    let turns = 0;
    while (!state.done) {
      await new Promise((resolve) => setImmediate(resolve));
      turns += 1;
    }
    await detecting;
    // Judged as one piece it would give others no turn between the keys.
    expect(turns).toBeGreaterThan(30);
  });
});
