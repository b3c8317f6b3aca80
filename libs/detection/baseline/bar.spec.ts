import { describe, expect, it } from '@jest/globals';
import { barOf, closeExtremes, noExtremes, noteScore, type Extremes } from './bar.js';
import { seeded } from './testing.js';

const THRESHOLD = 5.2;
const bar = (extremes: Extremes, unrest = 0): number => barOf(extremes, unrest, THRESHOLD);

/** Weeks of hours, a share of which reaches above 3.5 by an exponential with a mean. */
function lived(weeks: number, share: number, mean: number): Extremes {
  const random = seeded(3);
  const extremes = noExtremes();
  for (let hour = 0; hour < weeks * 168; hour += 1) {
    if (random() < share) noteScore(extremes, 3.5 - mean * Math.log(1 - random()), false, 0);
    closeExtremes(extremes);
  }
  return extremes;
}

describe('the bar of a key', () => {
  it('is the threshold of a key that is new, and of one whose scores are normal deviates', () => {
    expect(bar(noExtremes())).toBe(THRESHOLD);
    expect(bar(lived(8, 0.01, 0.27))).toBe(THRESHOLD);
  });

  it('lies where a key that reaches far by habit alarms less than once in a quarter', () => {
    const wild = bar(lived(8, 0.05, 0.7));
    const weekly = 168 * 0.05 * Math.exp(-(wild - 3.5) / 0.7);
    expect(wild).toBeGreaterThan(6.5);
    expect(weekly).toBeLessThan(1 / 13);
  });

  it('is not moved by two alarms in a week, and by many only so far', () => {
    const extremes = noExtremes();
    for (let hour = 0; hour < 168; hour += 1) {
      if (hour === 30 || hour === 90) noteScore(extremes, 40, true, hour === 30 ? 0 : 1);
      closeExtremes(extremes);
    }
    expect(bar(extremes)).toBe(THRESHOLD);
    for (let hour = 0; hour < 1000; hour += 1) {
      noteScore(extremes, 40, true, 3);
      closeExtremes(extremes);
    }
    expect(bar(extremes, 3)).toBeLessThanOrEqual(THRESHOLD + 5);
  });

  it('forgets hour by hour as in a silence of many hours', () => {
    const one = lived(2, 0.05, 0.7);
    const other = [...one] as Extremes;
    for (let hour = 0; hour < 100; hour += 1) closeExtremes(one);
    closeExtremes(other, 100);
    one.forEach((value, index) => expect(Math.abs(value - other[index]!)).toBeLessThanOrEqual(0.02 * other[index]!));
  });
});
