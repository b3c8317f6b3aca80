import { describe, expect, it } from '@jest/globals';
import { objectEnumeration, type CalledPath, type ObjectEnumerationInput } from './object-enumeration.js';
import { activity, keyInput } from './testing.js';

const paths = (count: number, path: (i: number) => string = (i) => `/customers/${i * 17 + 1_000}`, fields: Partial<CalledPath> = {}): CalledPath[] =>
  Array.from({ length: count }, (_, i) => ({ path: path(i), requests: 1, not_found: 0, ...fields }));
const decide = (fields: Partial<ObjectEnumerationInput>) => objectEnumeration.decide(
  { ...keyInput([activity()]), window_minutes: 10, called: [{ route: '', paths: paths(60) }], usual: 5, ...fields }, objectEnumeration.settings);

describe('object-enumeration', () => {
  it('sees a key that calls far more objects than it ever did', () => {
    expect(decide({})).toMatchObject([{
      severity: 'medium', summary: '60 objects of /customers/{} within 10 minutes; it never called more than 5 in as long', evidence: { seen: 60, expected: 5, counts: { objects: 60 } },
    }]);
  });

  it('rates ids that count up, and ids that are guessed, high', () => {
    expect(decide({ called: [{ route: '', paths: paths(60, (i) => `/customers/${i}/orders`) }] })).toMatchObject([{ severity: 'high', summary: expect.stringContaining('one after the other') }]);
    expect(decide({ called: [{ route: '', paths: paths(60, undefined, { not_found: 1 }) }] })).toMatchObject([{ severity: 'high', summary: expect.stringContaining('not there') }]);
  });

  it('goes by the route that the gateway names', () => {
    expect(decide({ called: [{ route: '/customers/{id}', paths: paths(60) }] })[0]!.summary).toContain('objects of /customers/{id}');
  });

  it('knows ids that are no numbers', () => {
    expect(decide({ called: [{ route: '', paths: paths(60, (i) => `/c/7f3a9d1e-1111-4222-8333-${String(i).padStart(12, '0')}`) }] })).toHaveLength(1);
  });

  it.each<[string, Partial<ObjectEnumerationInput>]>([
    ['forty-nine objects', { called: [{ route: '', paths: paths(49) }] }],
    ['a key that goes through as many every day', { usual: 16 }],
    ['a new key that finds what it asks for', { usual: null }],
    ['one object called often', { called: [{ route: '', paths: paths(60, () => '/customers/7') }] }],
    ['many routes without ids', { called: [{ route: '', paths: paths(60, (i) => `/page-${'abcdefghij'[i % 10]}${'abcdefghij'[Math.floor(i / 10)]}`) }] }],
    ['a few objects of each of many templates', { called: Array.from({ length: 20 }, (_, at) => ({ route: `/r${'abcdefghijklmnopqrst'[at]}/{id}`, paths: paths(4) })) }],
  ])('lets pass %s', (_, fields) => {
    expect(decide(fields)).toEqual([]);
  });

  it('sees a new key that guesses', () => {
    expect(decide({ usual: null, called: [{ route: '', paths: paths(60, undefined, { not_found: 1 }) }] })).toMatchObject([{ severity: 'high', summary: expect.stringContaining('the key is new') }]);
  });
});
