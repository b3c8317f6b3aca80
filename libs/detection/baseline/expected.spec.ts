import { describe, expect, it } from '@jest/globals';
import { advance } from './advance.js';
import { expectationAt, expectedAt } from './expected.js';
import { emptyBaseline } from './state.js';
import { count, MONDAY, seeded, shapeAt, WEEK, type Shape } from './testing.js';

const HOUR = 60;
const DAY = 24 * HOUR;

function learnt(shape: Shape, rate: number, minutes: number, factor: (minute: number) => number = () => 1) {
  const random = seeded(7);
  const state = emptyBaseline(MONDAY);
  for (let m = 0; m < minutes; m += 1) advance(state, MONDAY + m, count(random, rate * shapeAt(shape, MONDAY + m) * factor(m)));
  return state;
}

describe('expectedAt', () => {
  it('knows nothing of a new key', () => {
    expect(expectedAt(emptyBaseline(MONDAY), MONDAY)).toBeLessThan(0.01);
  });

  it('expects what it saw after an hour, and says how much of that is guesswork', () => {
    const state = learnt('flat', 10, HOUR);
    expect(expectedAt(state, MONDAY + HOUR)).toBeCloseTo(10, -1);
    expect(expectationAt(state, MONDAY + HOUR).doubt).toBeGreaterThan(0.1);
    expect(expectationAt(learnt('flat', 10, 4 * WEEK), MONDAY + 4 * WEEK).doubt).toBeLessThan(0.02);
  });

  it('knows the hours of the day after a day, and the days of the week after a week', () => {
    const day = learnt('daily', 10, DAY);
    expect(expectedAt(day, MONDAY + DAY + 15 * HOUR) / expectedAt(day, MONDAY + DAY + 3 * HOUR)).toBeGreaterThan(3);
    const week = learnt('office', 10, WEEK);
    const noon = 12 * HOUR + 30;
    expect(expectedAt(week, MONDAY + WEEK + noon)).toBeGreaterThan(20);
    expect(expectedAt(week, MONDAY + WEEK + 5 * DAY + noon)).toBeLessThan(5);
  });

  it.each<[Shape, number, number]>([['flat', 1, 0.25], ['daily', 10, 0.15], ['office', 10, 0.15], ['cron', 10, 0.15]])(
    'is close to the true rate of a %s key after four weeks', (shape, rate, tolerance) => {
      const state = learnt(shape, rate, 4 * WEEK);
      let wrong = 0;
      let sum = 0;
      for (let m = 0; m < WEEK; m += 1) {
        const truth = rate * shapeAt(shape, MONDAY + 4 * WEEK + m);
        wrong += Math.abs(expectedAt(state, MONDAY + 4 * WEEK + m) - truth);
        sum += truth;
      }
      expect(wrong / sum).toBeLessThan(tolerance);
    });

  it('learns whether a key changes on the hour', () => {
    const state = learnt('office', 10, 3 * WEEK);
    expect(expectedAt(state, MONDAY + 3 * WEEK + 8 * HOUR + 1)).toBeGreaterThan(20);
    expect(expectedAt(state, MONDAY + 3 * WEEK + 8 * HOUR - 1)).toBeLessThan(3);
  });

  it('follows a level that changed for good, and hardly one that changed for a day', () => {
    const doubled = learnt('flat', 10, 7 * WEEK, (m) => (m >= 4 * WEEK ? 2 : 1));
    expect(expectedAt(doubled, MONDAY + 7 * WEEK)).toBeGreaterThan(17);
    const holiday = learnt('flat', 10, 4 * WEEK, (m) => (m >= 4 * WEEK - DAY ? 0 : 1));
    expect(expectedAt(holiday, MONDAY + 4 * WEEK + 15 * HOUR)).toBeGreaterThan(9);
  });
});
