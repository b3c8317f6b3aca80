import { describe, expect, it } from '@jest/globals';
import { scopeRaised, type ScopeChange } from './scope-raised.js';
import { NOON } from './testing.js';

const decide = (fields: Partial<ScopeChange>) => scopeRaised.decide({
  workspace_id: 'shop', key_id: 'key-1',
  change: {
    workspace_id: 'shop', key_id: 'key-1', name: 'orders-production', owner_name: 'Orders', at: NOON, by: 'token:tok_1', before: ['orders:read'], after: ['orders:read', 'orders:write'],
    suspicions: [], ...fields,
  },
}, {});

describe('scope-raised', () => {
  it('tells of scopes that were added', () => {
    expect(decide({})).toMatchObject([{ severity: 'low', key_id: 'key-1', summary: 'token:tok_1 gave orders-production 1 scope it had not: orders:write' }]);
  });

  it('rates it high for a key under suspicion', () => {
    expect(decide({ suspicions: [{ title: 'Leaked key', severity: 'medium', at: NOON - 1 }] })).toMatchObject([{ severity: 'high', summary: expect.stringContaining('(medium: Leaked key)') }]);
    expect(decide({ suspicions: [{ title: 'Leaked key', severity: 'medium', at: NOON + 1 }] })).toMatchObject([{ severity: 'low' }]);
  });

  it.each([['scopes that were taken away', { after: [] }], ['the same scopes in another order', { before: ['a', 'b'], after: ['b', 'a'] }]])('lets pass %s', (_, fields) => {
    expect(decide(fields)).toEqual([]);
  });
});
