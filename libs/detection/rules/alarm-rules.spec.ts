import { describe, expect, it } from '@jest/globals';
import type { Alarm, AlarmKind } from '../baseline/verdict.js';
import { deniedRate } from './denied-rate.js';
import { errorRate } from './error-rate.js';
import { rateDrop } from './rate-drop.js';
import { activity, MINUTE, NOON } from './testing.js';

const minute = NOON / MINUTE;
const alarm = (kind: AlarmKind, seen: number, expected: number): Alarm => ({
  kind, minute, window_minutes: 15, seen, expected, score: 7.123, begins: true,
  episode: { started_at: minute - 10, last_high: minute, peak_score: 7.12, ended_at: null },
});
const input = (one: Alarm) => ({
  workspace_id: 'shop', key_id: 'key-1', principal: 'orders', alarm: one,
  activity: [activity({ at: NOON, requests: 40 }), activity({ at: NOON + 1, outcome: 'error', requests: 30, address: '203.0.113.5' }),
    activity({ at: NOON + 2, outcome: 'forbidden', requests: 12, address: '203.0.113.6' })],
});

describe('rules over what is usual for a key', () => {
  it.each([
    [rateDrop, alarm('drop', 3, 90.4), [], '3 requests in 15 minutes where at least 90 were expected'],
    [errorRate, alarm('errors', 30, 1.234), ['203.0.113.5'], '30 failed calls in 15 minutes where 1.2 were expected'],
    [deniedRate, alarm('denied', 12, 0.2), ['203.0.113.6'], '12 refused calls in 15 minutes where 0.2 were expected'],
  ] as const)('explain by numbers and name who is concerned', (rule, one, addresses, summary) => {
    expect(rule.decide(input(one), rule.settings)).toMatchObject([{
      rule_id: rule.id, addresses, summary, episode: 'key-1', evidence: { seen: one.seen, window_minutes: 15, score: 7.12 },
    }]);
  });

  it('tell of a silence from when it began', () => {
    expect(rateDrop.decide(input(alarm('drop', 0, 90)), {})[0]).toMatchObject({ first_seen: NOON - 10 * MINUTE, last_seen: NOON + MINUTE - 1 });
  });

  it('say nothing of alarms of other kinds', () => {
    for (const rule of [rateDrop, errorRate, deniedRate]) expect(rule.decide(input(alarm('spike', 300, 9)), {})).toEqual([]);
  });
});
