import { describe, expect, it } from '@jest/globals';
import { BulkContain } from '@keytrail/contracts';
import { planToken } from './plan-token.js';

const order = BulkContain.parse({ action: 'revoke', target: { owner_id: 'own_1' }, reason: 'left' });
const keys = [{ key_id: 'key_1', version: 4 }, { key_id: 'key_2', version: 9 }];
const token = planToken(order, keys);

describe('the token of a plan', () => {
  it('is the same for the same order and set, in whatever order they come and whether or not it is named', () => {
    expect(token).toMatch(/^plan_[0-9a-f]{64}$/);
    expect(planToken({ ...order, plan_token: token }, [...keys].reverse())).toBe(token);
    expect(planToken(Object.fromEntries(Object.entries(order).reverse()) as BulkContain, keys)).toBe(token);
  });

  it.each([
    ['another reason', { ...order, reason: 'else' }, keys], ['another action', { ...order, action: 'rotate' as const }, keys],
    ['another target', { ...order, target: { workspace: 'own_1' } }, keys], ['another hand-over', { ...order, hand_over: 'sealed' as const }, keys],
    ['an incident', { ...order, incident_id: 'inc_1' }, keys], ['a grace', { ...order, grace: 1 }, keys],
    ['a key less', order, keys.slice(1)], ['a key more', order, [...keys, { key_id: 'key_3', version: 1 }]],
    ['a key that changed', order, [{ key_id: 'key_1', version: 5 }, keys[1]!]],
    ['versions swapped', order, [{ key_id: 'key_1', version: 9 }, { key_id: 'key_2', version: 4 }]],
  ])('is another for %s', (_, changed, set) => {
    expect(planToken(changed, set)).not.toBe(token);
  });
});
