import { describe, expect, it } from '@jest/globals';
import type { ImportRow } from './import-row.js';
import type { OwnedKey, OwnerRow } from './owner-row.js';
import { planKeys } from './plan-keys.js';
import { leaves, planOwners, usualMostLeft } from './plan-owners.js';
import { readCodeowners } from './read-codeowners.js';

const owner = (owner_id: string, more: Partial<OwnerRow> = {}): OwnerRow => ({
  owner_id, account_id: 'default', name: owner_id, kind: 'person', contact: `#${owner_id}`, status: 'active', created_at: new Date(0), left_at: null, public_key: null, email: null,
  handle: null, external_id: null, source: 'hr', escalation: [], ...more,
});
const options = { source: 'hr', create: true, absent: 'keep', unread: false } as const;
const plan = (rows: readonly Omit<ImportRow, 'line'>[], owners: readonly OwnerRow[], more: object = {}) =>
  planOwners(rows.map((row, index) => ({ line: index + 1, ...row })), owners, { ...options, ...more });

describe('what lines make of owners', () => {
  it('goes by external id, then e-mail address, then handle, then name', () => {
    const owners = [
      owner('id', { external_id: '7', email: 'old@x.test' }), owner('mail', { email: 'Ada@x.test' }), owner('contact', { contact: 'bo@x.test' }), owner('handle', { handle: 'Acme/Pay' }), owner('Name'),
    ];
    const { changed, created, refused } = plan([
      { external_id: '7', email: 'new@x.test' }, { email: 'ada@X.test', external_id: '8', contact: '#a' }, { email: 'bo@x.test', contact: '#b' }, { handle: 'acme/pay', contact: '#c' }, { name: 'Name', contact: '#d' },
    ], owners);
    expect([created, refused]).toEqual([[], []]);
    expect(changed.map(({ before, patch }) => [before.owner_id, patch])).toEqual([
      ['id', { email: 'new@x.test' }], ['mail', { email: 'ada@X.test', external_id: '8', contact: '#a' }], ['contact', { email: 'bo@x.test', contact: '#b' }],
      ['handle', { handle: 'acme/pay', contact: '#c' }], ['Name', { contact: '#d' }],
    ]);
  });

  it('changes nothing the second time', () => {
    const rows = [{ name: 'Ada', email: 'ada@x.test', escalation: [{ name: 'Bo', contact: '#bo' }] }, { name: 'Bo', contact: '#bo' }];
    const { created } = plan(rows, []);
    const { changed, unchanged, created: again } = plan(rows, created.map(({ line, ...made }) => owner(`own_${line}`, made)));
    expect([created.length, changed, again, unchanged]).toEqual([2, [], [], 2]);
  });

  it.each([
    ['another external id at the same address', { email: 'a@x.test', external_id: '2' }, 'other_external_id'],
    ['another external id under the same handle', { handle: 'a', external_id: '2' }, 'other_external_id'],
    ['the name of somebody with another address', { name: 'A', email: 'b@x.test', contact: '#b' }, 'name_taken'],
    ['an address that several have', { email: 'shared@x.test' }, 'ambiguous'],
    ['the name that another owner has', { external_id: '9', name: 'B' }, 'name_taken'],
    ['somebody new without a way to reach them', { name: 'New' }, 'incomplete'],
  ])('takes nobody for somebody else: %s', (_, row, code) => {
    const owners = [
      owner('A', { external_id: '1', email: 'a@x.test', handle: 'a' }), owner('B'), owner('C', { external_id: '9' }), owner('D', { contact: 'shared@x.test' }), owner('E', { contact: 'shared@x.test' }),
    ];
    const { refused, created, changed } = plan([row], owners);
    expect([refused.map((problem) => problem.code), created, changed]).toEqual([[code], [], []]);
  });

  it('takes the first of two lines about one owner, and of two that make the same', () => {
    const { refused, created, changed } = plan([{ name: 'A', contact: '#1' }, { name: 'A', contact: '#2' }, { name: 'N', contact: '#3' }, { name: 'N', contact: '#4' }], [owner('A')]);
    expect(refused.map(({ line, code }) => [line, code])).toEqual([[2, 'same_owner'], [4, 'name_taken']]);
    expect([changed[0]!.patch, created[0]!.contact]).toEqual([{ contact: '#1' }, '#3']);
  });

  it('makes nobody who left already, nor anybody when it must not', () => {
    expect(plan([{ name: 'Gone', contact: '#g', status: 'left' }], [])).toMatchObject({ created: [], unknown: 1 });
    expect(plan([{ name: 'New', contact: '#n' }], [], { create: false })).toMatchObject({ created: [], unknown: 1 });
  });

  it('lets those leave who are absent from what told of them, and nobody else', () => {
    const owners = [owner('Here'), owner('Absent'), owner('Gone', { status: 'left' }), owner('Elsewhere', { source: 'csv' }), owner('ByHand', { source: null })];
    const left = (more: object) => plan([{ name: 'Here' }], owners, { absent: 'left', ...more }).changed.filter(leaves).map(({ before }) => before.owner_id);
    expect(left({})).toEqual(['Absent']);
    expect(left({ absent: 'keep' })).toEqual([]);
    // Their line may be the one that nobody could read.
    expect(left({ unread: true })).toEqual([]);
    expect(plan([{ name: 'Here' }, { name: 'New' }], owners, { absent: 'left' })).toMatchObject({ changed: [], notes: [{ line: null }] });
  });

  it('has a limit for how many leave: a tenth, three at least', () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => owner(String(index)));
    expect([0, 5, 39, 40, 1000].map((count) => usualMostLeft(many(count)))).toEqual([3, 3, 3, 4, 100]);
  });
});

describe('whose keys are by patterns', () => {
  const key = (service: string, name: string, owner_id = 'old'): OwnedKey => ({ key_id: `key_${name}`, name, service, owner_id, kind: 'api_key', workspace_id: 'default' });
  const keys = [key('pay', 'pay-production'), key('pay', 'pay-staging'), key('search', 'search-production')];
  const owners = [owner('old'), owner('Pay team', { handle: 'acme/pay' }), owner('Ada', { email: 'ada@x.test' }), owner('Gone', { handle: 'gone', status: 'left' })];
  const given = (text: string, create = true) => {
    const { reassigned, ...rest } = planKeys(readCodeowners(text), owners, keys, create);
    return { ...rest, given: Object.fromEntries(reassigned.map(({ key: { name }, to }) => [name, to.name])) };
  };

  it('is told by the last that matches', () => {
    expect(given('* @acme/pay\n*-staging ada@x.test\n').given).toEqual({ 'pay-production': 'Pay team', 'pay-staging': 'Ada', 'search-production': 'Pay team' });
    expect(given('*-staging ada@x.test\n* @acme/pay\n').given['pay-staging']).toBe('Pay team');
    expect(given('* @acme/pay\nsearch/\n').given).toEqual({ 'pay-production': 'Pay team', 'pay-staging': 'Pay team' });
  });

  it('makes owners that are not known, each once, only where they get a key', () => {
    const { created, given: got, notes } = given('pay-* @new\nsearch @New\nnothing-* @nobody\n');
    expect(created.map(({ name, contact, handle, kind }) => [name, contact, handle, kind])).toEqual([['new', '@new', 'new', 'person']]);
    expect(Object.values(got)).toEqual(['new', 'new', 'new']);
    expect(notes).toEqual([{ line: 3, message: expect.stringContaining('no active key') }]);
    expect(given('* @new', false)).toMatchObject({ created: [], given: {}, refused: [{ line: 1, code: 'unknown_owner' }] });
  });

  it('gives nothing to who left, and does not fall back to a line before', () => {
    expect(given('* @acme/pay\npay/ @gone\n')).toMatchObject({ given: { 'search-production': 'Pay team' }, refused: [{ line: 2, code: 'owner_left' }] });
    expect(given('* @acme/pay\npay/ nobody\n')).toMatchObject({ given: { 'search-production': 'Pay team' }, refused: [{ line: 2, code: 'invalid_owner' }] });
  });

  it('gives nothing at all while a pattern cannot be read', () => {
    expect(given('* @acme/pay\npay[ @gone\n')).toMatchObject({ given: {}, refused: [{ line: 2, code: 'invalid_pattern' }], notes: [{ line: null }] });
  });
});
