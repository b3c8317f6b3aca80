import { describe, expect, it } from '@jest/globals';
import { VerifiedTokens } from './verified-tokens.js';

const at = (seconds: number) => new Date(seconds * 1000);
const claims = { entity_type: 'subscriber', entity_id: 'u', tenant_id: 'default', exp: 1_000 } as const;

describe('user tokens that were found good', () => {
  it('are known from the check to their end', () => {
    const tokens = new VerifiedTokens();
    const signer = {};
    tokens.keep(signer, 'a.b.c', claims, at(500));
    expect(tokens.find(signer, 'a.b.c', at(500))).toBe(claims);
    expect(tokens.find(signer, 'a.b.c', at(999.999))).toBe(claims);
    expect(tokens.find(signer, 'a.b.c', at(1_000))).toBeUndefined();
    expect(tokens.find(signer, 'a.b.d', at(500))).toBeUndefined();
  });

  it('are unknown when the clock went back: what was valid then is another question', () => {
    const tokens = new VerifiedTokens();
    const signer = {};
    tokens.keep(signer, 'a.b.c', claims, at(500));
    expect(tokens.find(signer, 'a.b.c', at(499))).toBeUndefined();
  });

  it('are unknown when their signer was read anew', () => {
    const tokens = new VerifiedTokens();
    tokens.keep({ key: 1 }, 'a.b.c', claims, at(500));
    expect(tokens.find({ key: 1 }, 'a.b.c', at(500))).toBeUndefined();
  });

  it('are forgotten, the oldest first, when there are too many', () => {
    const tokens = new VerifiedTokens(2);
    const signer = {};
    for (const token of ['a', 'b', 'a', 'c']) tokens.keep(signer, token, claims, at(500));
    expect(['a', 'b', 'c'].map((token) => tokens.find(signer, token, at(500)) !== undefined)).toEqual([true, false, true]);
  });
});
