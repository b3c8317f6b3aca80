import { describe, expect, it } from '@jest/globals';
import type { CallerActivity } from '../types.js';
import { activity, keyInput, NOON } from './testing.js';
import { userTokenAnomaly } from './user-token-anomaly.js';

const decide = (...groups: CallerActivity[]) => userTokenAnomaly.decide(keyInput(groups, { kind: 'public_key' }), userTokenAnomaly.settings);

describe('user-token-anomaly', () => {
  it.each([
    ['token-alg:none', 'signed with none'], ['token-expired:authorised', 'expired and authorised'], ['token-long:7200', 'valid for seconds: 7200'],
    ['token-entity-type:admin', 'of the entity type admin'],
  ])('sees a token with %s that was taken', (sign, said) => {
    const group = activity({ signs: ['user-token:present', sign] });
    expect(userTokenAnomaly.concerns(group)).toBe(true);
    expect(decide(group)).toMatchObject([{ severity: 'high', episode: 'key-1:taken', summary: `1 call with user tokens that should not exist were taken: ${said}` }]);
  });

  it('sees many that look forged', () => {
    const forged = (count: number) => Array.from({ length: count }, (_, i) => activity({ at: NOON + i * 1_000, outcome: 'unauthorised', refusal_reason: 'user_token_bad_signature' }));
    expect(decide(...forged(10))).toMatchObject([{ severity: 'medium', episode: 'key-1:forged', evidence: { seen: 10 } }]);
    expect(decide(...forged(9))).toEqual([]);
  });

  it.each<[string, Partial<CallerActivity>]>([
    ['a good token', { signs: ['user-token:present', 'mint:sub-1@1'] }],
    ['a bad one that was refused', { signs: ['token-alg:none'], outcome: 'unauthorised', refusal_reason: 'user_token_expired' }],
  ])('lets pass %s', (_, group) => {
    expect(userTokenAnomaly.concerns(activity(group))).toBe(false);
    expect(decide(...Array.from({ length: 20 }, () => activity(group)))).toEqual([]);
  });
});
