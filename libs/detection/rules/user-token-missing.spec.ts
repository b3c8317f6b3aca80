import { describe, expect, it } from '@jest/globals';
import type { CallerActivity, KeyFacts } from '../types.js';
import { activity, keyInput } from './testing.js';
import { userTokenMissing } from './user-token-missing.js';

const decide = (group: Partial<CallerActivity>, key: Partial<KeyFacts> = {}) => userTokenMissing.decide(
  keyInput([activity({ signs: ['user-token:absent'], ...group })], { kind: 'public_key', enhanced_security: true, ...key }), {});

describe('user-token-missing', () => {
  it('sees a public key that was taken alone', () => {
    expect(decide({})).toMatchObject([{ severity: 'high', summary: '1 call with the public key orders-production and no user token was not refused' }]);
  });

  it.each<[string, Partial<CallerActivity>, Partial<KeyFacts>]>([
    ['a call with a token', { signs: ['user-token:present'] }, {}],
    ['a gateway that does not say', { signs: [] }, {}],
    ['a group in which some calls had one', { signs: ['user-token:absent', 'user-token:present'] }, {}],
    ['a refused call', { outcome: 'unauthorised', refusal_reason: 'user_token_required' }, {}],
    ['a workspace without enhanced security', {}, { enhanced_security: false }],
    ['a key of another kind', {}, { kind: 'api_key' }],
  ])('lets pass %s', (_, group, key) => {
    expect(decide(group, key)).toEqual([]);
  });
});
