import { describe, expect, it } from '@jest/globals';
import { historyStart } from './history-start.js';

describe('historyStart', () => {
  it.each([
    ['a Saturday', '2026-11-21T10:00:00Z', '2026-10-19T00:00:00.000Z'],
    ['a Friday', '2026-11-20T16:00:00Z', '2026-10-19T00:00:00.000Z'],
    ['a Monday', '2026-11-23T00:00:00Z', '2026-10-26T00:00:00.000Z'],
    ['a Sunday', '2026-11-22T23:59:59Z', '2026-10-19T00:00:00.000Z'],
  ])('is the Monday at least 28 days before %s', (_, to, from) => {
    expect(new Date(historyStart(Date.parse(to), 28)).toISOString()).toBe(from);
  });
});
