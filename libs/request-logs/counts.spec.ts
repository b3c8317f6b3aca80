import { describe, expect, it } from '@jest/globals';
import { countedRange, fillCounts } from './counts.js';

const NOW = Date.UTC(2026, 2, 1, 12, 0, 30);
const HOUR = 3_600_000;

describe('the range that is counted', () => {
  it('is the last day unless told', () => {
    expect(countedRange({}, NOW)).toEqual({ range: { from: Date.UTC(2026, 1, 28, 12), to: Date.UTC(2026, 2, 1, 12, 15) }, step_s: 900 });
  });

  it.each([[60_000, 1], [10 * 60_000, 5], [HOUR, 30], [90 * 60_000, 60], [24 * HOUR, 900], [7 * 24 * HOUR, 10_800], [30 * 24 * HOUR, 21_600], [200 * 24 * HOUR, 86_400]])(
    'of %d ms is cut into steps of %d s: 120 at most where steps are shorter than a day', (length, step_s) => {
      expect(countedRange({ from: NOW - length, to: NOW }, NOW).step_s).toBe(step_s);
    });

  it('is refused when it is empty or longer than 400 days', () => {
    expect(() => countedRange({ from: NOW, to: NOW }, NOW)).toThrow(expect.objectContaining({ code: 'empty_range' }));
    expect(() => countedRange({ from: NOW - 500 * 24 * HOUR }, NOW)).toThrow(expect.objectContaining({ code: 'range_too_long' }));
  });
});

describe('a series of counts', () => {
  it('has no holes, and its sums are those of its steps', () => {
    const from = Date.UTC(2026, 2, 1);
    const { series, totals } = fillCounts({ from, to: from + 3_000 }, 1, [{ time: from + 1_000, authorised: 4, denied: 1, rate_limited: 0, error: 2 }]);
    expect(series.map(({ authorised, error }) => [authorised, error])).toEqual([[0, 0], [4, 2], [0, 0]]);
    expect(totals).toEqual({ authorised: 4, denied: 1, rate_limited: 0, error: 2 });
  });
});
