import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { signedDeviance } from './deviance.js';

const POISSON = 1e9;

describe('signedDeviance', () => {
  // The normal deviate of the exact Poisson tail P(X >= seen).
  it.each([
    [10, 1, 5.18], [5, 0.05, 5.84], [20, 10, 2.70], [140, 100, 3.80], [30, 10, 5.12],
  ])('is near the exact deviate of %d seen where %d were expected', (seen, expected, exact) => {
    expect(Math.abs(signedDeviance(seen, expected, POISSON) - exact)).toBeLessThan(0.3);
  });

  it.each([[10, 10], [10, 10.4], [0, 0.3], [0, 0]])('is 0 for %d seen where %d were expected', (seen, expected) => {
    expect(signedDeviance(seen, expected, 10)).toBe(0);
  });

  it('is finite for extremes', () => {
    for (const [seen, expected, k] of [[1e9, 0, 1e-9], [0, 1e9, 1e12], [1, 1e-300, 1]] as const) {
      expect(Number.isFinite(signedDeviance(seen, expected, k))).toBe(true);
    }
  });

  const count = fc.integer({ min: 0, max: 100_000 });
  const mean = fc.double({ min: 0.001, max: 100_000, noNaN: true });
  const k = fc.double({ min: 0.01, max: 1e6, noNaN: true });

  it('has the sign of the distance, grows with what was seen and shrinks as counts scatter more', () => {
    fc.assert(fc.property(count, mean, k, (seen, expected, size) => {
      const score = signedDeviance(seen, expected, size);
      if (score !== 0) expect(Math.sign(score)).toBe(Math.sign(seen - expected));
      expect(signedDeviance(seen + 1, expected, size)).toBeGreaterThanOrEqual(score - 1e-4);
      expect(Math.abs(signedDeviance(seen, expected, size / 2))).toBeLessThanOrEqual(Math.abs(score) + 1e-4);
    }));
  });
});
