import { describe, expect, it } from '@jest/globals';
import { isWorthTelling, toldAfter, type ToldFinding } from './growth.js';

const finding = (seen: number, overrides: Partial<ToldFinding> = {}): ToldFinding => ({
  severity: 'medium', evidence: { seen, counts: {} }, told_severity: 'medium', told_count: 19, told_growths: 0, ...overrides,
});

describe('growth of a finding', () => {
  it.each<[string, ToldFinding, boolean]>([
    ['four times what was told', finding(76), true],
    ['less', finding(75), false],
    ['hardly more, but graver', finding(20, { severity: 'high' }), true],
    ['four times the refused calls in all, though not at once', finding(19, { evidence: { seen: 19, counts: { requests: 100, denied: 80 } } }), true],
    ['many ordinary calls between the refused ones', finding(19, { evidence: { seen: 19, counts: { requests: 1000, denied: 30 } } }), false],
    ['four times the requests of a rule that counts nothing else', finding(0, { evidence: { counts: { requests: 80 } } }), true],
    ['large growth that was told often enough', finding(1e9, { told_growths: 6 }), false],
    ['a rise, however often growth was told', finding(1e9, { severity: 'critical', told_growths: 6 }), true],
  ])('is told or not: %s', (_, one, told) => {
    expect(isWorthTelling(one)).toBe(told);
  });

  it('tells a steady attack in a handful of lines', () => {
    let one = finding(19, { told_severity: null, told_count: 0 });
    one = { ...one, ...toldAfter(one, false) };
    const told: number[] = [];
    for (let seen = 20; seen <= 50_000; seen += 2) {
      one = { ...one, evidence: { seen, counts: {} } };
      if (isWorthTelling(one)) told.push(seen);
      one = { ...one, ...toldAfter(one, true) };
    }
    expect(told).toEqual([76, 304, 1216, 4864, 19456]);
  });

  it('starts anew in another incident', () => {
    expect(toldAfter(finding(500, { severity: 'high', told_growths: 3 }), false)).toEqual({ told_severity: 'high', told_count: 500, told_growths: 0 });
  });
});
