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

const keys: [shape: Shape, rate: number, k: number, factor: number | null][] = [
  ['flat', 1, Infinity, 10], ['daily', 0.05, Infinity, null], ['daily', 10, 8, 5], ['office', 100, 8, 5], ['cron', 10, Infinity, 5],
  ['nightly', 10, 20, 5],
];

describe('the baseline on seeded traffic', () => {
  const lives = keys.map(([shape, rate, k, factor], seed) => {
    const key = { shape, rate, k, seed: 1000 + seed };
    const { state, alarms } = live(key);
    const delays = factor === null ? [] : Array.from({ length: 8 }, (_, attack) => delayOf(key, state, factor, attack));
    return { key, alarms, delays: delays.sort((a, b) => a - b) };
  });

  it.each(lives.map(({ key, alarms }) => [key.shape, key.rate, key.k, alarms] as const))(
    'raises no alarm in a normal week of a %s key with %d requests a minute and k = %d', (_shape, _rate, _k, alarms) => {
      expect(alarms).toBe(0);
    });

  it.each(lives.filter(({ delays }) => delays.length > 0).map(({ key, delays }) => [key.shape, key.rate, key.k, delays] as const))(
    'sees an attack on a %s key with %d requests a minute and k = %d, mostly within two minutes', (_shape, _rate, _k, delays) => {
      expect(delays[delays.length / 2]).toBeLessThanOrEqual(2);
      expect(delays.at(-1)).toBeLessThanOrEqual(8);
    });

  it('sees three of four attacks within two minutes', () => {
    const delays = lives.flatMap((one) => one.delays);
    expect(delays.filter((delay) => delay <= 2).length / delays.length).toBeGreaterThan(0.75);
  });
});
