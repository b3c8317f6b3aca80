import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { newBearerKey, parseBearerKey } from './bearer-key.js';

describe('bearer key', () => {
  it('carries its kind and passes its own checksum', () => {
    const key = newBearerKey('api');
    expect(key).toMatch(/^kt_api_[0-9A-Za-z]{36}$/);
    expect(parseBearerKey(key)).toEqual({ valid: true, kind: 'api' });
  });

  it('tells every single-character typo from a key', () => {
    const key = newBearerKey('api');
    fc.assert(fc.property(fc.nat(35), fc.constantFrom(...'0Aa9Zz'), (position, character) => {
      const at = 'kt_api_'.length + position;
      fc.pre(key[at] !== character);
      const typo = key.slice(0, at) + character + key.slice(at + 1);
      expect(parseBearerKey(typo)).toEqual({ valid: false, problem: 'checksum_mismatch' });
    }));
  });

  it('does not take another kind for the key', () => {
    expect(parseBearerKey(newBearerKey('api').replace('kt_api_', 'kt_access_')).valid).toBe(false);
  });

  it.each(['', 'kt_api_short', 'Bearer kt_api_x', `${newBearerKey('api')} `, `${newBearerKey('api')}\n`])('calls %j malformed', (key) => {
    expect(parseBearerKey(key)).toEqual({ valid: false, problem: 'malformed' });
  });
});
