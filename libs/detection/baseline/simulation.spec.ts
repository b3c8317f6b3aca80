import { describe, expect, it } from '@jest/globals';
import { advance } from './advance.js';
import { emptyBaseline, type BaselineState } from './state.js';
import { count, MONDAY, seeded, shapeAt, WEEK, type Shape } from './testing.js';

interface Key { shape: Shape; rate: number; k: number; seed: number }

/** Four weeks to learn, one to be judged. */
function live(key: Key): { state: BaselineState; alarms: number } {
  const random = seeded(key.seed);
  let state = emptyBaseline(MONDAY);
  let alarms = 0;
  for (let m = 0; m < 5 * WEEK; m += 1) {
    const before = state.episode;
    const step = advance(state, MONDAY + m, count(random, key.rate * shapeAt(key.shape, MONDAY + m), key.k));
    state = step.state;
    if (m >= 4 * WEEK && before === null && step.verdict.spike) alarms += 1;
  }
  return { state, alarms };
}

/** Minutes until an attack is seen that multiplies what the key does, at its mean rate or where it is; 16: not within a quarter. */
function delayOf(key: Key, learnt: BaselineState, factor: number, attack: number): number {
  const random = seeded(key.seed * 100 + attack);
  const state = structuredClone(learnt);
  const quiet = 45 + attack * 37;
  for (let m = 0; m < quiet + 15; m += 1) {
    const minute = MONDAY + 5 * WEEK + m;
    const mean = key.rate * shapeAt(key.shape, minute);
    const extra = m >= quiet ? count(random, (factor - 1) * Math.max(key.rate, mean)) : 0;
    const { verdict } = advance(state, minute, count(random, mean, key.k) + extra);
    if (m >= quiet && verdict.spike) return m - quiet + 1;
  }
  return 16;
}

const shapes: Shape[] = ['flat', 'daily', 'office', 'cron', 'nightly'];
const rates: [rate: number, factor: number | null][] = [[0.05, null], [1, 10], [10, 5], [100, 5]];
const keys = shapes.flatMap((shape, s) => rates.flatMap(([rate, factor], r) => [Infinity, 8].map((k, d) => (
  { key: { shape, rate, k, seed: 1000 + s * 100 + r * 10 + d }, factor }))));

describe('the baseline on seeded traffic', () => {
  const lives = keys.map(({ key, factor }) => {
    const { state, alarms } = live(key);
    const delays = factor === null ? [] : Array.from({ length: 8 }, (_, attack) => delayOf(key, state, factor, attack));
    return { key, alarms, delays };
  });

  it(`raises no alarm in ${keys.length} normal weeks`, () => {
    expect(lives.filter(({ alarms }) => alarms > 0).map(({ key, alarms }) => ({ ...key, alarms }))).toEqual([]);
  });

  it('sees tenfold from 1 and fivefold from 10 requests a minute, mostly within two minutes and always within ten', () => {
    for (const shape of shapes) {
      const delays = lives.filter(({ key }) => key.shape === shape).flatMap((one) => one.delays).sort((a, b) => a - b);
      expect(delays[Math.floor(delays.length / 2)]).toBeLessThanOrEqual(2);
      expect(delays.filter((delay) => delay <= 2).length / delays.length).toBeGreaterThan(0.75);
      expect(delays.at(-1)).toBeLessThanOrEqual(10);
    }
  });
});
