import { describe, expect, it } from '@jest/globals';
import { stacked } from './stacked.js';

describe('stacked counts', () => {
  it('let the first layer reach the sum of all and the last stand on the ground', () => {
    const series = [{ time: '1970-01-01T00:00:10.000Z', authorised: 5, denied: 2, rate_limited: 1, error: 0 }];
    expect(stacked({ series }, ['authorised', 'error', 'rate_limited', 'denied'])).toEqual([[10], [8], [3], [3], [2]]);
  });
});
