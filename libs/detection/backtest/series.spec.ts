import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { seeded } from '../baseline/testing.js';
import { SeriesDetector } from './series.js';

const START = Date.UTC(2026, 0, 5) / 1000;
type Shape = (row: number, day: number, noise: () => number) => number;

function play(step: number, rows: number, shape: Shape, seed = 1): number[] {
  const random = seeded(seed);
  const noise = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const detector = new SeriesDetector();
  return Array.from({ length: rows }, (_, row) => detector.score({ time: START + row * step, value: shape(row, row * step / 86_400, noise) }));
}
const alarms = (scores: readonly number[]): number[] => scores.flatMap((score, row) => (score >= 0.5 ? [row] : []));

const FIVE = 300;
const daily = (day: number): number => Math.sin(2 * Math.PI * day);
const weekday = (day: number): number => (Math.floor(day) % 7 < 5 ? 1 : 0.4);
const shapes: Record<string, [step: number, rows: number, usual: Shape]> = {
  'a steady gauge': [FIVE, 4000, (_row, _day, noise) => 50 + noise()],
  'a daily rhythm': [FIVE, 4000, (_row, day, noise) => 100 + 30 * daily(day) + 3 * noise()],
  'a weekly rhythm by the hour': [3600, 2000, (_row, day, noise) => 1000 * weekday(day) * (1.3 + daily(day)) + 40 * noise()],
  'counts with a heavy tail': [FIVE, 4000, (_row, day, noise) => Math.max(0, Math.round((10 + 5 * daily(day)) * Math.exp(0.6 * noise())))],
  'a temperature that drifts, below zero': [3600, 3000, (row, day, noise) => -5 + 8 * daily(day) + 4 * Math.sin(row / 300) + noise()],
  'bursts of a busy server': [FIVE, 4000, (row, _day, noise) => 5 + Math.abs(noise()) + (row % 37 === 0 ? 30 + 5 * noise() : 0)],
};

describe('SeriesDetector', () => {
  it.each(Object.keys(shapes))('raises next to no alarm in %s', (name) => {
    const [step, rows, usual] = shapes[name]!;
    const counts = [1, 2, 3, 4].map((seed) => alarms(play(step, rows, usual, seed)).length);
    expect(counts.reduce((a, b) => a + b) / 4).toBeLessThanOrEqual(1.5);
  });

  it.each<[string, string, Shape]>([
    ['a spike', 'a steady gauge', () => 15], ['a spike', 'a daily rhythm', () => 60], ['a drop', 'a daily rhythm', () => -70],
    ['a level shift', 'a steady gauge', () => 8], ['a drop', 'a weekly rhythm by the hour', () => -1500], ['a burst', 'counts with a heavy tail', () => 600],
    ['a shift', 'a temperature that drifts, below zero', () => 22],
  ])('sees %s in %s where it begins', (_, name, shift) => {
    const [step, rows, usual] = shapes[name]!;
    const at = Math.floor(0.8 * rows);
    const scores = play(step, rows, (row, day, noise) => usual(row, day, noise) + (row >= at && row < at + 20 ? shift(row, day, noise) : 0));
    const found = alarms(scores);
    expect(found.some((row) => row >= at && row <= at + 3)).toBe(true);
    expect(found.filter((row) => row < at || row > at + 60).length).toBeLessThanOrEqual(3);
  });

  it('scores a row by what came before it', () => {
    for (const [step, rows, usual] of Object.values(shapes)) {
      const whole = play(step, rows, usual);
      const part = Math.floor(rows / 3);
      expect(play(step, part, usual)).toEqual(whole.slice(0, part));
    }
  });

  it('bears constants, gaps and anything else that is a number', () => {
    expect(alarms(play(60, 3000, () => 7))).toEqual([]);
    expect(alarms(play(60, 3000, (row) => (row === 2500 ? 8 : 7)))).toEqual([2500]);
    const value = fc.oneof(fc.constant(null), fc.double(), fc.constantFrom(0, 1e300, -1e300, NaN, Infinity));
    fc.assert(fc.property(fc.array(value, { maxLength: 300 }), fc.integer({ min: 1, max: 1e6 }), (values, step) => {
      const detector = new SeriesDetector();
      values.forEach((one, row) => {
        const score = detector.score({ time: START + row * step, value: one });
        expect(score >= 0 && score <= 1).toBe(true);
      });
    }), { numRuns: 100 });
  });
});
