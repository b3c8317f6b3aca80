import { describe, expect, it } from '@jest/globals';
import { groupBy, slicesOf } from './slices.js';
import type { CallerActivity } from './types.js';

const at = (minute: number) => ({ minute }) as CallerActivity;

describe('slicesOf', () => {
  it('cuts by the requests\' own clock, oldest first, however they come', () => {
    expect(slicesOf([at(25), at(3), at(9), at(10), at(3)]).map((slice) => slice.map(({ minute }) => minute))).toEqual([[3, 9, 3], [10], [25]]);
  });

  it('has nothing to say about nothing', () => {
    expect(slicesOf([])).toEqual([]);
  });
});

describe('groupBy', () => {
  it('keeps the order within a group', () => {
    expect([...groupBy(['a1', 'b1', 'a2'], (item) => item.charAt(0))]).toEqual([['a', ['a1', 'a2']], ['b', ['b1']]]);
  });
});
