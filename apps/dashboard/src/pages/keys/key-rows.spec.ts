import { describe, expect, it } from '@jest/globals';
import { ageAgainstPolicy, fits } from './key-rows.js';

const day = (n: number) => new Date(Date.UTC(2026, 0, 1 + n)).toISOString();
const aged = { created_at: day(0), rotated_at: null, rotation_due_at: day(100) };

describe('the age of a key', () => {
  it.each([[0, 0, false], [50, 0.5, false], [100, 1, true], [150, 1.5, true]])('after %d days of 100 is %d of its life, overdue: %s', (days, share, overdue) => {
    expect(ageAgainstPolicy(aged, Date.parse(day(days)))).toEqual({ share, overdue });
  });
});

describe('finding keys', () => {
  const key = { name: 'payments-production', key_id: 'key_01', hint: 'a9Zx', service: 'payments', workspace_id: 'acme', owner: { name: 'Payments Team' } };

  it.each(['', 'pay', 'PAYMENTS acme', 'key_01', 'a9zx', 'team'])('%j fits', (words) => expect(fits(key, words)).toBe(true));
  it.each(['search', 'payments other'])('%j does not fit', (words) => expect(fits(key, words)).toBe(false));
});
