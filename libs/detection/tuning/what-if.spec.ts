import { describe, expect, it } from '@jest/globals';
import { ruleDefaults } from '../rules/index.js';
import { readWhatIf } from './what-if.js';

const defaults = new Map<string, Record<string, unknown>>([
  ['burst', { window_minutes: 5, min_ratio: 3, strict: false, allowed_tools: ['curl'], mode: 'fast' }], ['plain', {}],
]);
const read = (...texts: string[]) => Object.fromEntries(readWhatIf(texts, defaults));

describe('readWhatIf', () => {
  it('types each value as the rule has it', () => {
    expect(read('burst.window_minutes=10', 'burst.min_ratio=1.5', 'burst.strict=true', 'burst.allowed_tools=curl, wget', 'burst.mode=slow=er'))
      .toEqual({ burst: { window_minutes: 10, min_ratio: 1.5, strict: true, allowed_tools: ['curl', 'wget'], mode: 'slow=er' } });
    expect(read('burst.allowed_tools=')).toEqual({ burst: { allowed_tools: [] } });
  });

  it.each([
    ['nonsense', 'nonsense: write rule.setting=value'],
    ['burst.min_ratio', 'write rule.setting=value'],
    ['other.min_ratio=1', 'there is no rule other; there are burst, plain'],
    ['burst.threshold=1', 'burst has no setting threshold; it has window_minutes, min_ratio'],
    ['burst.__proto__=1', 'burst has no setting __proto__'],
    ['plain.any=1', 'plain has no settings'],
    ['burst.min_ratio=many', 'burst.min_ratio takes a number from 0, such as 3'],
    ['burst.min_ratio=', 'burst.min_ratio takes a number'],
    ['burst.min_ratio=-1', 'burst.min_ratio takes a number from 0'],
    ['burst.min_ratio=Infinity', 'burst.min_ratio takes a number'],
    ['burst.window_minutes=0', 'burst.window_minutes takes a whole number from 1'],
    ['burst.window_minutes=2.5', 'burst.window_minutes takes a whole number'],
    ['burst.strict=yes', 'burst.strict takes true or false'],
    ['burst.allowed_tools=curl,,wget', 'burst.allowed_tools takes a list of text'],
  ])('says what is wrong with %s', (text, said) => {
    expect(() => read(text)).toThrow(TypeError);
    expect(() => read(text)).toThrow(said);
  });

  it('refuses a setting that is given twice', () => {
    expect(() => read('burst.min_ratio=1', 'burst.min_ratio=2')).toThrow('burst.min_ratio is given twice');
  });

  it('knows every setting of the rules, each of a kind it can read', () => {
    expect(ruleDefaults.size).toBeGreaterThan(5);
    for (const [rule, settings] of ruleDefaults) {
      for (const [name, value] of Object.entries(settings)) {
        const text = Array.isArray(value) ? value.join(',') : String(value);
        expect(readWhatIf([`${rule}.${name}=${text}`], ruleDefaults).get(rule)).toEqual({ [name]: value });
      }
    }
  });
});
