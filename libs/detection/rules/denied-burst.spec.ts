import { describe, expect, it } from '@jest/globals';
import { deniedBurst, type DeniedBurstInput } from './denied-burst.js';
import { activity, MINUTE, NOON } from './testing.js';

const minute = NOON / MINUTE;
const calls = (...perMinute: [requests: number, denied: number][]) =>
  perMinute.map(([requests, denied], i) => ({ minute: minute + i, requests, denied }));
const decide = (overrides: Partial<DeniedBurstInput>) => deniedBurst.decide({
  workspace_id: 'shop', key_id: 'key-1', principal: 'orders', minutes: [], prior: { requests: 10_000, denied: 100 }, activity: [], ...overrides,
}, deniedBurst.settings);

describe('denied-burst', () => {
  it.each<[string, Partial<DeniedBurstInput>]>([
    ['20 refused calls of 20', { minutes: calls([20, 20]) }],
    ['20 refused calls spread over 5 minutes', { minutes: calls([10, 4], [10, 4], [10, 4], [10, 4], [10, 4]) }],
    ['a key nothing is known of', { minutes: calls([20, 20]), prior: { requests: 0, denied: 0 } }],
    ['30 of 200 where 1 % is usual', { minutes: calls([200, 30]) }],
    ['few refused calls of a busy key that is never refused', { minutes: calls([100_000, 20]), prior: { requests: 1e8, denied: 10 } }],
    ['a key that is refused now and then', { minutes: calls([60, 50]), prior: { requests: 1000, denied: 150 } }],
  ])('sees %s', (_, input) => {
    expect(decide(input)).toHaveLength(1);
  });

  it.each<[string, Partial<DeniedBurstInput>]>([
    ['nothing', {}],
    ['19 refused calls', { minutes: calls([19, 19]) }],
    ['20 refused calls spread over 6 minutes', { minutes: calls([4, 4], [4, 4], [4, 4], [4, 4], [0, 0], [4, 4]) }],
    ['a key of which half is always refused', { minutes: calls([400, 210]), prior: { requests: 10_000, denied: 5000 } }],
    ['a usual share at a high rate', { minutes: calls([10_000, 120]) }],
    ['a share that is tripled by chance', { minutes: calls([600, 20]), prior: { requests: 100, denied: 1 } }],
    ['what is usual for a busy key', { minutes: calls([100_000, 30]), prior: { requests: 1e8, denied: 20_000 } }],
  ])('lets pass %s', (_, input) => {
    expect(decide(input)).toEqual([]);
  });

  it('explains the burst by numbers', () => {
    const [draft] = decide({
      minutes: calls([2, 0], [60, 54]),
      activity: [
        activity({ at: NOON, requests: 2 }),
        activity({ at: NOON + MINUTE, outcome: 'forbidden', routes: ['/admin'], requests: 50, address: '203.0.113.9', last_time: NOON + MINUTE + 9000 }),
        activity({ at: NOON + MINUTE, outcome: 'unauthorised', routes: ['/admin', '/admin/users'], requests: 4, address: '203.0.113.9' }),
        activity({ at: NOON + MINUTE, requests: 6 }),
      ],
    });
    expect(draft).toMatchObject({
      severity: 'high', key_id: 'key-1', episode: 'key-1', addresses: ['203.0.113.9'],
      first_seen: NOON + MINUTE, last_seen: NOON + MINUTE + 9000,
      summary: '54 of 62 calls in 5 minutes were refused (87 % where 1 % is usual), from 1 address',
      evidence: { seen: 54, window_minutes: 5, counts: { requests: 62, denied: 54, unauthorised: 4, forbidden: 50 }, routes: ['/admin', '/admin/users'] },
    });
  });

  it('tells two bursts hours apart as two', () => {
    const late = { minute: minute + 300, requests: 40, denied: 40 };
    const drafts = decide({ minutes: [...calls([40, 40]), late] });
    expect(drafts.map((draft) => draft.first_seen)).toEqual([NOON, NOON + 300 * MINUTE]);
  });
});
