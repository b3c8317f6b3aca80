import { describe, expect, it } from '@jest/globals';
import { Severity } from '@keytrail/contracts';
import { ruleCatalogue } from './index.js';

describe('ruleCatalogue', () => {
  it.each(ruleCatalogue.map((rule) => [rule.id, rule] as const))('%s says what it is and what to do', (id, rule) => {
    expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(Severity.options).toContain(rule.severity);
    const said = [rule.title, rule.fires, rule.why, rule.response, rule.false_positives];
    expect(said.every((text) => text.length > 10)).toBe(true);
    expect([rule.fires, rule.title].some((text) => text.endsWith('.'))).toBe(false);
    expect([rule.why, rule.response, rule.false_positives].every((text) => text.endsWith('.'))).toBe(true);
    expect(rule.attack ?? 'T1078 Valid Accounts').toMatch(/^T\d{4}(\.\d{3})? [A-Z]/);
    expect(rule.fields.length).toBeGreaterThan(0);
  });

  it('lists each rule once', () => {
    expect(new Set(ruleCatalogue.map(({ id }) => id)).size).toBe(ruleCatalogue.length);
  });
});
