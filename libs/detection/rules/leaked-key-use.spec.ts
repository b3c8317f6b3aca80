import { describe, expect, it } from '@jest/globals';
import type { CallerActivity } from '../types.js';
import { leakedKeyUse } from './leaked-key-use.js';
import { activity, keyInput, MINUTE, NOON } from './testing.js';

const decide = (leaked_at: number | null, ...groups: CallerActivity[]) => leakedKeyUse.decide(keyInput(groups, { leaked_at }), {});

describe('leaked-key-use', () => {
  it('sees a call after the report, and rates refused ones lower', () => {
    expect(decide(NOON - MINUTE, activity())).toMatchObject([{ severity: 'high', evidence: { counts: { requests: 1, not_refused: 1 } } }]);
    expect(decide(NOON - MINUTE, activity({ outcome: 'unauthorised' }))).toMatchObject([{ severity: 'medium' }]);
  });

  it.each([['calls before the report', NOON + MINUTE], ['a key that never leaked', null]])('lets pass %s', (_, leaked_at) => {
    expect(decide(leaked_at, activity())).toEqual([]);
  });
});
