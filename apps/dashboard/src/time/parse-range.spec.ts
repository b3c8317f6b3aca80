import { describe, expect, it } from '@jest/globals';
import { parseRange, rangeMs } from './parse-range.js';

const NOW = Date.UTC(2026, 10, 21, 15, 30);
const parse = (words: string, offset = 0) => parseRange(words, NOW, offset);

describe('a range in words', () => {
  it.each([
    ['last 90 minutes', '90m'], ['90m', '90m'], ['past 24 hours', '24h'], ['7 days', '7d'], ['last hour', '1h'], ['past week', '7d'], ['2 weeks', '14d'], ['  Last   15 MIN ', '15m'],
  ])('%j is %s up to now', (words, range) => {
    expect(parse(words)).toEqual({ range });
  });

  it('knows today and yesterday, where the reader is', () => {
    expect(parse('today')).toEqual({ from: '2026-11-21T00:00:00.000Z', to: '2026-11-21T15:30:00.000Z' });
    expect(parse('yesterday')).toEqual({ from: '2026-11-20T00:00:00.000Z', to: '2026-11-21T00:00:00.000Z' });
    expect(parse('today', 600)).toEqual({ from: '2026-11-21T14:00:00.000Z', to: '2026-11-21T15:30:00.000Z' });
  });

  it.each([
    ['2026-11-21 10:00 to 11:30', 0, '2026-11-21T10:00:00.000Z', '2026-11-21T11:30:00.000Z'], ['2026-11-20 to 2026-11-21', 0, '2026-11-20T00:00:00.000Z', '2026-11-21T00:00:00.000Z'],
    ['2026-11-21 10:00 to 11:00', 60, '2026-11-21T09:00:00.000Z', '2026-11-21T10:00:00.000Z'], ['2026-11-21T10:00:00Z to 2026-11-21T10:05:00Z', 60, '2026-11-21T10:00:00.000Z', '2026-11-21T10:05:00.000Z'],
  ])('%j at an offset of %d minutes is from one instant to another', (words, offset, from, to) => {
    expect(parse(words, offset)).toEqual({ from, to });
  });

  it.each(['', 'payments', 'last 0 minutes', '2026-11-21 11:00 to 10:00', '2026-13-45 to 2026-11-21', '5 lightyears', 'last'])('does not take %j for one', (words) => {
    expect(parse(words)).toBeUndefined();
  });

  it('has a length', () => {
    expect(rangeMs('90m')).toBe(5_400_000);
    expect(rangeMs('7d')).toBe(604_800_000);
  });
});
