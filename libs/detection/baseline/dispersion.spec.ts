import { describe, expect, it } from '@jest/globals';
import { dispersionOf, learnDispersion } from './dispersion.js';
import { emptyBaseline, WINDOWS } from './state.js';
import { count, MONDAY, seeded } from './testing.js';

function learnt(rate: number, k: number, minutes = 20_000, seen = (_minute: number, usual: number): number => usual) {
  const random = seeded(3);
  const state = { ...emptyBaseline(MONDAY), overall: rate };
  for (let m = 0; m < minutes; m += 1) learnDispersion(state, MONDAY + m, seen(m, count(random, rate, k)), rate, 5.2);
  return WINDOWS.map((_, index) => dispersionOf(state, index));
}

describe('dispersionOf', () => {
  it('starts from a modest belief', () => {
    expect(learnt(10, 10, 0)).toEqual(WINDOWS.map(() => 0.1));
  });

  it.each([[1, 5], [10, 3], [100, 10]])('finds 1/k of minutes at %d requests a minute and k = %d', (rate, k) => {
    expect(learnt(rate, k)[0]! * k).toBeCloseTo(1, 0);
  });

  it('sees that longer sums of independent minutes scatter less', () => {
    const [one, , five, , sixty] = learnt(100, 5);
    expect(five!).toBeLessThan(one! / 3);
    expect(sixty!).toBeLessThan(five!);
  });

  it('believes no key to be better than its model', () => {
    expect(Math.min(...learnt(10, 10, 5000, () => 10))).toBeGreaterThan(0);
  });

  it('learns little from one attack and much from one every hour', () => {
    const once = learnt(10, Infinity, 20_000, (m, usual) => (m === 19_000 ? 5000 : usual));
    const hourly = learnt(10, Infinity, 20_000, (m, usual) => (m % 60 === 7 ? 5000 : usual));
    expect(once[0]!).toBeLessThan(0.01);
    expect(hourly[0]!).toBeGreaterThan(5 * once[0]!);
  });
});
