import { describe, expect, it } from '@jest/globals';
import { faultKinds, planFaults, randomOf } from './plan.js';

describe('the order and the moments of faults', () => {
  it('are the same again with the same seed, and others with another', () => {
    const drawn = (seed: string) => {
      const random = randomOf(seed);
      return [planFaults(faultKinds, 30, random), random()];
    };
    expect(drawn('one')).toEqual(drawn('one'));
    expect(drawn('one')).not.toEqual(drawn('two'));
  });

  it('hold every kind as soon as there are as many faults as kinds', () => {
    expect(new Set(planFaults(faultKinds, faultKinds.length, randomOf('any')))).toEqual(new Set(faultKinds));
    expect(planFaults(faultKinds, 3, randomOf('any'))).toHaveLength(3);
  });

  it('begin with kills, so that a campaign of two has both', () => {
    for (const seed of ['one', 'other', 'third']) expect(planFaults(faultKinds, 2, randomOf(seed))).toEqual(['kill -9', 'kill -9 after an insert']);
    expect(planFaults(['SIGTERM', 'kill -9'], 1, randomOf('any'))).toEqual(['kill -9']);
  });

  it('are spread over the whole range', () => {
    const random = randomOf('any');
    const drawn = Array.from({ length: 1_000 }, random);
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...drawn)).toBeLessThan(1);
    for (let tenth = 0; tenth < 10; tenth += 1) expect(drawn.filter((value) => Math.floor(value * 10) === tenth).length).toBeGreaterThan(50);
  });
});
