import { describe, expect, it } from '@jest/globals';
import { Severity } from '@keytrail/contracts';
import { ruleCatalogue } from './index.js';

describe('ruleCatalogue', () => {
  it.each(ruleCatalogue.map((rule) => [rule.id, rule] as const))('%s says what it is and what to do', (id, rule) => {
    expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(Severity.options).toContain(rule.severity);
    expect([rule.title, rule.why, rule.response].every((said) => said.length > 10)).toBe(true);
    expect(Object.keys(rule)).toEqual(['id', 'title', 'severity', 'why', 'response']);
  });

  it('lists each rule once', () => {
    expect(new Set(ruleCatalogue.map(({ id }) => id)).size).toBe(ruleCatalogue.length);
  });
});
