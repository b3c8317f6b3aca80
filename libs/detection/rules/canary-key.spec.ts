import { describe, expect, it } from '@jest/globals';
import { canaryKey } from './canary-key.js';
import { activity, keyInput } from './testing.js';

describe('canary-key', () => {
  it.each(['authorised', 'unauthorised', 'rate_limited'] as const)('sees any use, also one that came to %s', (outcome) => {
    expect(canaryKey.decide(keyInput([activity({ outcome })], { canary: true }), {})).toMatchObject([{ severity: 'critical', key_id: 'key-1' }]);
  });

  it('lets pass other keys, and those that nobody registered', () => {
    expect(canaryKey.decide(keyInput([activity()]), {})).toEqual([]);
    expect(canaryKey.decide(keyInput([activity()], null), {})).toEqual([]);
  });
});
