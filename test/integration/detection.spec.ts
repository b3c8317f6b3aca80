import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CreatedApiKey, Finding, FindingPage, IncidentPage } from '@keytrail/contracts';
import { startTestApp, type TestApp } from '../support/app.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

interface LineOptions {
  at: number;
  key_id?: string;
  key?: string;
  address?: string;
  status?: number;
  user_agent?: string;
  credential_kind?: string;
}

describe('detection', () => {
  let app: TestApp;
  let owner: string;
  let next = 0;
  beforeAll(async () => {
    app = await startTestApp();
    owner = (await app.call<{ owner_id: string }>('/v1/owners', { body: { name: 'Payments', kind: 'team', contact: '#payments' } })).body.owner_id;
  });
  afterAll(() => app.stop());

  const newKey = async (service: string) =>
    (await app.call<CreatedApiKey>('/v1/api-keys', { body: { workspace: 'default', service, owner_id: owner } })).body;
  const line = ({ at, status = 200, address = '192.0.2.10', ...rest }: LineOptions) => {
    next += 1;
    return { time: at, request_id: `r-${next}`, method: 'GET', path: '/orders', status, address, user_agent: 'acme-sdk/1.2', ...rest };
  };
  const send = async (lines: object[]) => {
    for (let start = 0; start < lines.length; start += 5_000) {
      const body = lines.slice(start, start + 5_000).map((one) => JSON.stringify(one)).join('\n');
      expect((await app.call('/v1/request-logs', { body })).status).toBe(200);
    }
    await app.detect();
  };
  const findings = async (key: string): Promise<Finding[]> => (await app.call<FindingPage>(`/v1/findings?key_id=${key}`)).body.data;
  const rules = async (key: string) => (await findings(key)).map(({ rule_id }) => rule_id).sort();

  /** Ten days of a request every six seconds or so, from one network, up to `until`. */
  const history = (key: string, until: number) => Array.from({ length: 14_400 }, (_, minute) => until - (14_400 - minute) * MINUTE)
    .flatMap((at, minute) => Array.from({ length: minute % 3 }, (_, index) => line({ at: at + index * 1_000, key_id: key })));

  it('flags a rate spike against the key\'s own baseline, from its first minute, and says who makes the excess', async () => {
    const key = (await newKey('spiky')).key_id;
    const now = Math.floor(Date.now() / MINUTE) * MINUTE;
    await send(history(key, now));
    expect(await rules(key)).toEqual([]);

    await send(Array.from({ length: 60 }, (_, index) => line({ at: now + index * 500, key_id: key, address: '203.0.113.9' })));
    expect(await rules(key)).toEqual(['first-seen-address', 'rate-spike']);
    const spike = (await findings(key)).find(({ rule_id }) => rule_id === 'rate-spike')!;
    expect(spike).toMatchObject({ severity: 'high', addresses: ['203.0.113.9'] });
    // Two came in the minute before, which the window that stands out most may hold as well.
    expect([[1, 60], [2, 62]]).toContainEqual([spike.evidence.window_minutes, spike.evidence.seen]);
    expect(spike.evidence.expected).toBeLessThan(5);
    expect(spike.evidence.request_ids.length).toBeGreaterThan(0);
  });

  it('extends a finding that goes on, instead of adding one', async () => {
    const key = (await newKey('denied')).key_id;
    const start = Date.now() - 5 * MINUTE;
    const burst = (from: number) => Array.from({ length: 30 }, (_, index) => line({
      at: from + index * 1_000, key_id: key, status: 401, ...(index % 2 === 0 ? { route: '/orders/{id}', path: '/orders/7' } : { path: `/${'x'.repeat(200)}?page=${index}` }),
    }));
    await send(burst(start));
    await send(burst(start + MINUTE));
    const found = await findings(key);
    expect(found.map(({ rule_id, evidence }) => [rule_id, evidence.counts['denied']])).toEqual([['denied-burst', 60]]);
    expect([...found[0]!.evidence.routes!].sort()).toEqual(['/orders/{id}', `/${'x'.repeat(119)}`]);
    expect(Date.parse(found[0]!.last_seen)).toBe(start + MINUTE + 29_000);
  });

  it('makes the same findings however the lines fall into batches and ticks', async () => {
    const [whole, pieces] = [(await newKey('whole')).key_id, (await newKey('pieces')).key_id];
    const start = Date.now() - 10 * MINUTE;
    const lines = (key: string) => Array.from({ length: 50 }, (_, index) => line({ at: start + index * 2_000, key_id: key, status: 403 }));
    await send(lines(whole));
    for (const one of lines(pieces)) expect((await app.call('/v1/request-logs', { body: one })).status).toBe(200);
    for (let tick = 0; tick < 3; tick += 1) await app.detect();
    const told = ({ rule_id, summary, first_seen, last_seen, severity }: Finding) => ({ rule_id, summary, first_seen, last_seen, severity });
    expect((await findings(pieces)).map(told)).toEqual((await findings(whole)).map(told));
  });

  it('tells a refused use of a revoked key from an accepted one', async () => {
    const [refused, accepted] = [await newKey('refused'), await newKey('accepted')];
    for (const { key_id } of [refused, accepted]) await app.call(`/v1/api-keys/${key_id}`, { method: 'DELETE' });
    const after = Date.now() + 2_000;
    await send([line({ at: after, key: refused.secret, status: 401 }), line({ at: after, key: accepted.secret, status: 200 })]);
    expect(await findings(refused.key_id)).toEqual([expect.objectContaining({ rule_id: 'revoked-key-use', severity: 'medium' })]);
    expect(await findings(accepted.key_id)).toEqual([expect.objectContaining({ rule_id: 'revoked-key-use', severity: 'critical' })]);
  });

  it('flags probing with unknown keys as one caller\'s doing, without naming a key', async () => {
    const address = '198.51.100.77';
    await send(Array.from({ length: 8 }, (_, index) => line({ at: Date.now() - index * 1_000, key: `guess-number-${index}-of-many`, status: 401, address })));
    const incidents = await app.call<IncidentPage>('/v1/incidents?limit=1000');
    const probing = incidents.body.data.filter(({ rule_ids }) => rule_ids.includes('unknown-key-probing'));
    expect(probing).toEqual([expect.objectContaining({ key_ids: [], addresses: [address], owner: null })]);
  });

  it('flags a service token in a browser', async () => {
    const user_agent = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';
    await send([line({ at: Date.now(), key_id: 'tok-ci', credential_kind: 'service_token', user_agent })]);
    expect(await rules('tok-ci')).toEqual(['machine-credential-by-hand']);
  });

  it('stays quiet about a steady key over ten days', async () => {
    const key = (await newKey('steady')).key_id;
    await send(history(key, Date.now() - DAY));
    expect(await findings(key)).toEqual([]);
  });

  it('finds nothing twice when it is asked again', async () => {
    const before = (await app.call<FindingPage>('/v1/findings?limit=1000')).body.data;
    await app.detect();
    expect((await app.call<FindingPage>('/v1/findings?limit=1000')).body.data).toEqual(before);
  });
});
