import { describe, expect, it } from '@jest/globals';
import { dormantKey } from './dormant-key.js';
import { activity, keyInput, NOON } from './testing.js';

const DAY = 86_400_000;
const decide = (days: number | null, rest: Parameters<typeof activity>[0] = {}) =>
  dormantKey.decide({ ...keyInput([activity(rest)]), last_used: days === null ? null : NOON - days * DAY }, dormantKey.settings);

describe('dormant-key', () => {
  it('sees a key wake after ninety days', () => {
    expect(decide(90)).toMatchObject([{ severity: 'medium', evidence: { counts: { silent_days: 90 } } }]);
    expect(decide(200, { outcome: 'unauthorised' })).toMatchObject([{ severity: 'low' }]);
  });

  it.each([['after 89 days', 89], ['that was used just now', 0], ['that is used for the first time', null], ['whose logs come late', -3]])('lets pass a key %s', (_, days) => {
    expect(decide(days)).toEqual([]);
  });
});
