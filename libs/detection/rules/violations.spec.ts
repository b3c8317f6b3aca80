import { describe, expect, it } from '@jest/globals';
import { keyHygiene } from './key-hygiene.js';
import { ownerGone } from './owner-gone.js';
import { rotationOverdue } from './rotation-overdue.js';
import { MINUTE, NOON } from './testing.js';
import type { OwnerViolations } from './violations.js';

type Violation = OwnerViolations['violations'][number];
const violation = (rest: Partial<Violation> = {}): Violation => ({ policy: 'rotation-due', severity: 'breach', key_id: 'key-1', name: 'orders-production', opened_at: NOON, ...rest });
const input = (...violations: Violation[]) => ({ workspace_id: 'shop', key_id: '' as const, of: { workspace_id: 'shop', owner_id: 'own-1', owner_name: 'Orders', violations } });

describe('rotation-overdue', () => {
  it('makes one finding of all keys of an owner', () => {
    const found = rotationOverdue.decide(input(violation(), violation({ key_id: 'key-2', name: 'billing-production', severity: 'warn', opened_at: NOON + MINUTE })), {});
    expect(found).toMatchObject([{
      severity: 'medium', key_id: '', principal: 'Orders', episode: 'own-1', first_seen: NOON, last_seen: NOON + MINUTE,
      summary: '2 keys of Orders should be rotated: billing-production, orders-production', evidence: { counts: { keys: 2, breaches: 1 } },
    }]);
  });

  it('rates what is only due low, and says nothing of other policies', () => {
    expect(rotationOverdue.decide(input(violation({ severity: 'warn' })), {})).toMatchObject([{ severity: 'low' }]);
    expect(rotationOverdue.decide(input(violation({ policy: 'key-name' })), {})).toEqual([]);
  });
});

describe('owner-gone', () => {
  it.each(['owner-left', 'no-owner'] as const)('goes by the policy %s', (policy) => {
    expect(ownerGone.decide(input(violation({ policy })), {})).toMatchObject([{ severity: 'medium' }]);
  });

  it('says nothing of other policies', () => {
    expect(ownerGone.decide(input(violation()), {})).toEqual([]);
  });
});

describe('key-hygiene', () => {
  it('goes by the names, and is never more than low', () => {
    expect(keyHygiene.decide(input(violation({ policy: 'key-name' })), {})).toMatchObject([{ severity: 'low' }]);
    expect(keyHygiene.decide(input(violation()), {})).toEqual([]);
  });
});
