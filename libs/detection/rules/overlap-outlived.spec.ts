import { describe, expect, it } from '@jest/globals';
import type { CallerActivity, KeyFacts } from '../types.js';
import { overlapOutlived } from './overlap-outlived.js';
import { activity, keyInput, MINUTE, NOON } from './testing.js';

const overlap = (settled_at: number | null = null): KeyFacts['overlap'] => ({ successor_id: 'key-2', ends_at: NOON, settled_at });
const decide = (groups: CallerActivity[], of = overlap()) => overlapOutlived.decide(keyInput(groups, { overlap: of }), overlapOutlived.settings);

describe('overlap-outlived', () => {
  it('sees an old key that is still taken after its overlap, and names its successor', () => {
    expect(decide([activity({ at: NOON - MINUTE }), activity({ at: NOON + 5 * MINUTE, requests: 3 })])).toMatchObject([{
      severity: 'medium', first_seen: NOON + 5 * MINUTE, evidence: { counts: { requests: 3 } },
      summary: '3 calls with the old key after the end of its overlap on 2026-01-05T12:00Z; key-2 took its place',
    }]);
  });

  it.each<[string, CallerActivity[], KeyFacts['overlap'] | undefined]>([
    ['calls within the overlap', [activity({ at: NOON - MINUTE })], undefined],
    ['a clock that is half a minute ahead', [activity({ at: NOON + MINUTE / 2 })], undefined],
    ['calls that were refused', [activity({ at: NOON + 5 * MINUTE, outcome: 'unauthorised' })], undefined],
    ['a key that is in no rotation', [activity({ at: NOON + 5 * MINUTE })], null],
    ['what came after the rotation was completed or given up', [activity({ at: NOON + 9 * MINUTE })], overlap(NOON + 6 * MINUTE)],
  ])('lets pass %s', (_, groups, of) => {
    expect(decide(groups, of === undefined ? overlap() : of)).toEqual([]);
  });
});
