import { describe, expect, it } from '@jest/globals';
import { runsOf } from './windows.js';

const at = (minute: number, count: number) => ({ minute, count });
const atLeast = (least: number) => (window: readonly { count: number }[]) => {
  const sum = window.reduce((total, item) => total + item.count, 0);
  return sum >= least ? sum : 0;
};

describe('runsOf', () => {
  it('finds a burst that straddles two minutes and two groups of one minute', () => {
    const [run, ...others] = runsOf([at(11, 3), at(10, 4), at(11, 3)], 5, atLeast(10));
    expect(run).toMatchObject({ score: 10, items: [at(10, 4), at(11, 3), at(11, 3)] });
    expect(others).toEqual([]);
  });

  it('does not add up minutes further apart than the window', () => {
    expect(runsOf([at(10, 5), at(15, 5)], 5, atLeast(10))).toEqual([]);
    expect(runsOf([at(10, 5), at(14, 5)], 5, atLeast(10))).toHaveLength(1);
  });

  it('joins overlapping windows and keeps the worst as the peak', () => {
    const runs = runsOf([at(10, 10), at(12, 20), at(13, 1)], 2, atLeast(10));
    expect(runs).toHaveLength(2);
    expect(runs[1]).toMatchObject({ score: 21, items: [at(12, 20), at(13, 1)] });
  });

  it('finds nothing in nothing', () => {
    expect(runsOf([], 5, () => 1)).toEqual([]);
  });
});
