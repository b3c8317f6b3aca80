import { describe, expect, it } from '@jest/globals';
import { activityRange, chooseStep, fillSeries } from './activity.js';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 2, 1, 12, 34, 56);

describe('chooseStep', () => {
  it.each([
    ['1 hour', HOUR, 1], ['6 hours', 6 * HOUR, 1], ['24 hours', 24 * HOUR, 5], ['7 days', 168 * HOUR, 30], ['28 days', 672 * HOUR, 180],
    ['a year', 8760 * HOUR, 1440],
  ])('shows %s in at most 400 points', (_, length, step) => {
    expect(chooseStep({ from: 0, to: length })).toBe(step);
  });

  it('refuses a range that no step can show', () => {
    expect(() => chooseStep({ from: 0, to: 500 * 24 * HOUR })).toThrow(expect.objectContaining({ code: 'range_too_long' }));
  });
});

describe('activityRange', () => {
  it('covers whole steps around what was asked for', () => {
    const { range, step } = activityRange({}, NOW);
    expect(step).toBe(5);
    expect(range).toEqual({ from: Date.UTC(2026, 1, 28, 12, 30), to: Date.UTC(2026, 2, 1, 12, 35) });
  });
});

describe('fillSeries', () => {
  it('shows steps without requests as zeros and sums what there was', () => {
    const from = Date.UTC(2026, 2, 1, 12);
    const point = { time: from + 60_000, requests: 3, errors: 1, denied: 2, rate_limited: 0, addresses: 2 };
    const activity = fillSeries('k', { from, to: from + 3 * 60_000 }, 1, [point], 2);
    expect(activity.series.map(({ requests }) => requests)).toEqual([0, 3, 0]);
    expect(activity.totals).toEqual({ requests: 3, errors: 1, denied: 2, rate_limited: 0, addresses: 2 });
  });
});
