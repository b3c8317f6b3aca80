import { describe, expect, it } from '@jest/globals';
import type { Verdict } from '../baseline/verdict.js';
import { rateSpike, type RateSpikeInput } from './rate-spike.js';
import { activity, MINUTE, NOON } from './testing.js';

const minute = NOON / MINUTE;
const spiking: Verdict = {
  minute, spike: true, window_minutes: 5, seen: 412, expected: 37.2, score: 31.456,
  episode: { started_at: minute - 3, last_high: minute, peak_score: 31.456, ended_at: null },
};
const strangers = Array.from({ length: 6 }, (_, i) => activity({ address: `203.0.113.${i + 1}`, country: 'RO', requests: i < 2 ? 70 : 60 }));
const decide = (overrides: Partial<RateSpikeInput> = {}) => rateSpike.decide({
  workspace_id: 'shop', key_id: 'key-1', principal: 'orders', verdict: spiking, known_networks: ['198.51.100.0/24'],
  activity: [...strangers, activity({ requests: 32 })], ...overrides,
}, rateSpike.settings);

describe('rate-spike', () => {
  it('explains the spike by numbers and holds the new callers responsible', () => {
    const [draft, ...others] = decide();
    expect(others).toEqual([]);
    expect(draft).toMatchObject({
      severity: 'high', episode: 'key-1', first_seen: NOON,
      summary: '412 requests in 5 minutes where 37 were expected (11x), 380 of them from 6 addresses never seen before',
      evidence: {
        seen: 412, expected: 37.2, window_minutes: 5, score: 31.46, countries: ['RO'],
        counts: { requests: 412, addresses: 7, requests_from_new_networks: 380 },
      },
    });
    expect(draft!.addresses).toHaveLength(6);
    expect(draft!.addresses).not.toContain('198.51.100.7');
  });

  it('names the busiest callers when none of them is new', () => {
    const [draft] = decide({ activity: [activity({ requests: 400 }), activity({ address: '198.51.100.8', requests: 12 })] });
    expect(draft).toMatchObject({ severity: 'medium', addresses: ['198.51.100.7'] });
    expect(draft!.summary).toBe('412 requests in 5 minutes where 37 were expected (11x), 400 of them from 1 address');
  });

  it('begins with the first request of the newcomers, though the window and the episode began before', () => {
    const began = NOON - 2 * MINUTE + 7000;
    const [draft] = decide({
      verdict: { ...spiking, window_minutes: 60, episode: { ...spiking.episode!, started_at: minute - 50 } },
      activity: [activity({ at: NOON - 55 * MINUTE, requests: 32 }), activity({ at: began, address: '203.0.113.1', requests: 40 }), ...strangers],
    });
    expect(draft).toMatchObject({ first_seen: began, last_seen: NOON });
  });

  it('begins with the first high minute of those it blames when none of them is new', () => {
    const verdict = { ...spiking, window_minutes: 60, episode: { ...spiking.episode!, started_at: minute - 50 } };
    const [draft] = decide({
      verdict, activity: [
        activity({ at: NOON - 55 * MINUTE, requests: 32 }), activity({ address: '198.51.100.8', requests: 1 }),
        activity({ at: NOON + 9000, requests: 400 }),
      ],
    });
    expect(draft).toMatchObject({ addresses: ['198.51.100.7'], first_seen: NOON + 9000 });
    expect(decide({ verdict, activity: [activity({ at: NOON - 55 * MINUTE, requests: 32 })] })[0]).toMatchObject({ first_seen: NOON, last_seen: NOON });
  });

  it('calls nobody new when it is not known who is', () => {
    expect(decide({ known_networks: null })[0]).toMatchObject({ severity: 'medium', evidence: { counts: { requests_from_new_networks: 0 } } });
  });

  it('does without activity', () => {
    expect(decide({ activity: [] })[0]).toMatchObject({
      addresses: [], summary: '412 requests in 5 minutes where 37 were expected (11x)', last_seen: NOON + MINUTE - 1,
    });
  });

  it.each([
    ['a normal minute', { ...spiking, spike: false, episode: null }],
    ['a lull within an episode', { ...spiking, spike: false }],
  ])('says nothing of %s', (_, verdict) => {
    expect(decide({ verdict })).toEqual([]);
  });
});
