import { describe, expect, it } from '@jest/globals';
import { parsed } from './parse-feed.js';
import { readCodeowners } from './read-codeowners.js';
import { readScim } from './read-scim.js';

const user = (id: string, more: object = {}) => ({ schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], id, userName: `${id}@example.test`, displayName: id.toUpperCase(), active: true, ...more });
const list = (Resources: unknown[], more: object = {}) => ({ schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'], totalResults: Resources.length, Resources, ...more });

describe('SCIM users', () => {
  it('are read with how to reach them, whether they are there, and their manager to ask next', () => {
    const manager = { 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { manager: { value: 'bo' } } };
    const { rows, refused, partial } = readScim(list([
      user('ada', { emails: [{ value: 'a@x.test' }, { value: 'ada@x.test', primary: true }], ...manager }), user('bo', { active: false }), user('cy', { userName: 'cy', emails: undefined }),
    ]));
    expect([refused, partial]).toEqual([[], false]);
    expect(rows).toEqual([
      { line: 1, name: 'ADA', kind: 'person', email: 'ada@x.test', contact: 'ada@x.test', external_id: 'ada', status: 'active', escalation: [{ name: 'BO', contact: 'bo@example.test' }] },
      { line: 2, name: 'BO', kind: 'person', email: 'bo@example.test', contact: 'bo@example.test', external_id: 'bo', status: 'left' },
      { line: 3, name: 'CY', kind: 'person', external_id: 'cy', handle: 'cy', status: 'active' },
    ]);
  });

  it('may be one, be spelled otherwise, and say nothing of being active', () => {
    expect(readScim({ ID: '7', username: 'ada', Name: { GivenName: 'Ada', FAMILYNAME: 'L' }, Active: 'False' })).toMatchObject({ partial: true, rows: [{ name: 'Ada L', external_id: '7', status: 'left' }] });
    expect(readScim({ externalId: '8', userName: 'ada' }).rows[0]).toMatchObject({ name: 'ada', external_id: '8', status: undefined });
  });

  it('of one name are told apart by what they log in with', () => {
    expect(readScim(list([user('a', { displayName: 'Jo' }), user('b', { displayName: 'Jo' })])).rows.map(({ name }) => name)).toEqual(['Jo (a@example.test)', 'Jo (b@example.test)']);
  });

  it('that cannot be used are left out with their number', () => {
    const { rows, refused } = readScim(list([user('a'), { id: 'g', displayName: 'A group' }, null, 'x', user('b', { active: 'perhaps' }), user('c', { displayName: 'x'.repeat(500) })]));
    expect(rows).toHaveLength(1);
    expect(refused.map(({ line, code }) => [line, code])).toEqual([[2, 'not_a_user'], [3, 'not_a_user'], [4, 'not_a_user'], [5, 'invalid_field'], [6, 'invalid_field']]);
  });

  it('are partial where the list is one page of several', () => {
    expect(readScim(list([user('a')], { totalResults: 2 })).partial).toBe(true);
    expect(readScim(list([user('a')], { totalResults: '2' })).partial).toBe(true);
    expect(readScim(list([user('a')], { startIndex: 101 })).partial).toBe(true);
    expect(readScim(list([user('a')], { totalResults: '1', startIndex: 1 })).partial).toBe(false);
  });

  it.each([{}, [], null, 'x', { Resources: 'x' }, { Resources: {} }])('are none in %j', (content) => {
    expect(() => readScim(content)).toThrow('neither');
  });
});

describe('a feed that says nothing', () => {
  it.each([['csv', 'name,email\n'], ['csv', '\n\n'], ['codeowners', '# nobody\n\n'], ['scim', list([])], ['scim', '{"totalResults":0,"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"]}']] as const)(
    'is refused: nobody takes it for everybody\'s leaving (%s %j)', (format, content) => {
      expect(() => parsed({ format, content })).toThrow(expect.objectContaining({ code: 'empty_feed' }));
    });

  it('is told from one that is no JSON', () => {
    expect(() => parsed({ format: 'scim', content: '{"x' })).toThrow(expect.objectContaining({ code: 'invalid_feed' }));
  });
});

describe('a CODEOWNERS-like file', () => {
  it('has patterns and owners, comments and empty lines, and lines that keep whose keys are', () => {
    const { rules, refused } = readCodeowners('# whose\n\n*  @acme/platform # all else\r\npayments/ ada@example.test @bo\nlegacy/\n');
    expect(refused).toEqual([]);
    expect(rules.map(({ line, owner, others }) => [line, owner, others])).toEqual([[3, '@acme/platform', 0], [4, 'ada@example.test', 1], [5, null, 0]]);
  });

  it('may have comments as long as the file, whatever is in them', () => {
    expect(readCodeowners(`* @a${' #'.repeat(1_000_000)}\rx\n`).rules.map(({ owner }) => owner)).toEqual(['@a']);
  });

  it('names its bad lines; one whose owner cannot be read still keeps the lines before it from what it matches', () => {
    const { rules, refused } = readCodeowners('* @a\npay[ments @b\nbilling/ nobody\n');
    expect(refused).toEqual([{ line: 2, code: 'invalid_pattern', message: expect.any(String) }, { line: 3, code: 'invalid_owner', message: expect.any(String) }]);
    expect(rules.map(({ line, owner }) => [line, owner])).toEqual([[1, '@a'], [3, null]]);
  });
});
