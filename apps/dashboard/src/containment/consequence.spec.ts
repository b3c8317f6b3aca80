import { describe, expect, it } from '@jest/globals';
import { consequences } from './consequence.js';

const radius = { callers_total: 3, volume: { last_24h: 1200, last_7d: 9000, last_30d: 40_000 }, tenants: [], shared_with: [] };

describe('the consequences of a revocation', () => {
  it('say first who will be refused', () => {
    expect(consequences(radius)[0]).toBe('3 callers will be refused from their next call on, until they have the new key; together they made 1,200 requests in the last 24 hours.');
  });

  it('tell a key that is not used from one that is', () => {
    expect(consequences({ ...radius, callers_total: 0 })[0]).toMatch(/^Nobody used this key within 30 days/);
    expect(consequences({ ...radius, callers_total: 1, volume: { ...radius.volume, last_24h: 0 } })[0]).toMatch(/^Nobody used this key today; 1 caller did/);
  });

  it('always say that it cannot be undone', () => {
    expect(consequences(radius).at(-1)).toBe('The old key cannot be brought back.');
    expect(consequences({ ...radius, callers_total: 0 }).at(-1)).toBe('The old key cannot be brought back.');
  });
});
