import { describe, expect, it } from '@jest/globals';
import { idTarget } from './id-target.js';

describe('a pasted word', () => {
  it.each([
    ['inc_01a20024eefa71b9b94578a88a440012', 'incident'], ['key_01a20023c651742185b35730d39687b2', 'key'], ['203.0.113.24', 'address'], ['2001:db8::1', 'address'],
    ['6b0215bc-0000-440f-acf1-18f59a59a2a0', 'request'], ['req_12345', 'request'],
  ])('%s stands for one kind of thing: %s', (word, kind) => {
    expect(idTarget(word)?.kind).toBe(kind);
  });

  it.each(['', 'payments', 'what happened', 'abc', 'a b-1'])('%j stands for nothing', (word) => {
    expect(idTarget(word)).toBeUndefined();
  });
});
