import { describe, expect, it } from '@jest/globals';
import { likeness, type Likeness } from './similar.js';

const incident = (overrides: Partial<Likeness> = {}): Likeness =>
  ({ key_ids: ['key_1'], owner_id: 'own_1', owner_name: 'Payments', new_addresses: ['203.0.113.7'], agents: ['thief/1.0'], rule_ids: ['rate-spike'], ...overrides });
const nothing = { key_ids: [], owner_id: null, owner_name: null, new_addresses: [], agents: [], rule_ids: [] };

describe('incidents are alike', () => {
  it('by key, caller, user agent, owner and rules, and it is said by which', () => {
    expect(likeness(incident(), incident()).because)
      .toEqual(['the key key_1', 'the caller 203.0.113.7', 'the user agent thief/1.0', 'the owner Payments', 'the rule rate-spike']);
  });

  it('more by the key than by the owner', () => {
    const byKey = likeness(incident(), { ...nothing, key_ids: ['key_1'] });
    const byOwner = likeness(incident(), { ...nothing, owner_id: 'own_1', rule_ids: ['rate-spike'] });
    expect(byKey.score).toBeGreaterThan(byOwner.score);
    expect(byOwner.score).toBeGreaterThan(0);
  });

  it('not by one rule or one owner alone', () => {
    expect(likeness(incident({ rule_ids: ['rate-spike', 'new-route', 'denied-burst'] }), { ...nothing, rule_ids: ['rate-spike'] }).score).toBe(0);
    expect(likeness(incident(), { ...nothing, owner_id: 'own_1' }).score).toBe(0);
    expect(likeness(incident({ key_ids: [''] }), { ...nothing, key_ids: [''] }).score).toBe(0);
  });
});
