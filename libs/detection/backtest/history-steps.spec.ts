import { describe, expect, it } from '@jest/globals';
import { stepsOf } from './history-steps.js';

const SLICE = 600_000;

describe('stepsOf', () => {
  it('puts quiet stretches together, and leaves out what holds nothing', () => {
    expect(stepsOf([{ slice: 1, requests: 10 }, { slice: 500, requests: 20 }], 0, 1e12)).toEqual([{ since: SLICE, until: 501 * SLICE, requests: 30 }]);
  });

  it('cuts where a step would hold too much, and ten busy minutes into minutes', () => {
    expect(stepsOf([{ slice: 0, requests: 40_000 }, { slice: 1, requests: 40_000 }], 0, 1e12).map(({ requests }) => requests)).toEqual([40_000, 40_000]);
    const busy = stepsOf([{ slice: 0, requests: 10 }, { slice: 1, requests: 600_000 }, { slice: 2, requests: 10 }], 0, 1e12);
    expect(busy).toHaveLength(12);
    expect(busy[1]).toEqual({ since: SLICE, until: SLICE + 60_000, requests: 60_000 });
  });

  it('covers every moment of the period once, and nothing outside of it', () => {
    const slices = Array.from({ length: 40 }, (_, slice) => ({ slice, requests: (slice % 5) * 30_000 + 1 }));
    const steps = stepsOf(slices, 90_000, 39 * SLICE + 1);
    expect([steps[0]!.since, steps.at(-1)!.until]).toEqual([90_000, 39 * SLICE + 1]);
    steps.slice(1).forEach((step, at) => expect(step.since).toBe(steps[at]!.until));
  });
});
