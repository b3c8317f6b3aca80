import { describe, expect, it } from '@jest/globals';
import { compilePattern, globMatches } from './pattern.js';

const key = { service: 'payments', name: 'payments-production' };
const holds = (pattern: string, subject = key) => {
  const matches = compilePattern(pattern);
  if (typeof matches === 'string') throw new Error(matches);
  return matches(subject);
};

describe('a pattern over services and key names', () => {
  it.each([
    '*', '**', 'payments', '/payments', 'payments/', '/payments/', 'payments/*', 'payments/**', 'pay*', 'payments-production', '*-production', 'payments-?roduction', 'payments/payments-*',
    '/payments/*-production', '*/payments-production', '**/payments-production', '**/payments/',
  ])('%s matches the key payments-production of the service payments', (pattern) => {
    expect(holds(pattern)).toBe(true);
  });

  it.each(['billing', 'payment', 'ayments', 'payments-production/', '/payments-production', 'payments/billing-*', 'billing/*', '*-staging', 'payments-?production', 'PAYMENTS'])('%s does not', (pattern) => {
    expect(holds(pattern)).toBe(false);
  });

  it.each(['!payments', 'pay[ab]', 'a\\b', 'a/b/c', '/', '//', 'a//b', '', 'x'.repeat(257)])('%j is none', (pattern) => {
    expect(typeof compilePattern(pattern)).toBe('string');
  });

  it('lets no star reach over the slash', () => {
    expect(holds('pay*production', { service: 'pay', name: 'production' })).toBe(false);
    expect(holds('*', { service: 'a', name: 'b/c' })).toBe(true);
  });

  it('comes to an end with many stars that nearly match', () => {
    expect(globMatches(`${'a*'.repeat(100)}b`, 'a'.repeat(10_000))).toBe(false);
    expect(globMatches('*'.repeat(200), 'a'.repeat(10_000))).toBe(true);
  });
});
