import { describe, expect, it } from '@jest/globals';
import { observe, type KeyHabits } from '../habits.js';
import type { CallerActivity, KeyFacts } from '../types.js';
import { keyShared } from './key-shared.js';
import { activity, keyInput, MINUTE, NOON } from './testing.js';

type Call = Partial<CallerActivity> & { at?: number };
const orders: Call = { user_agent: 'orders/1.4', address: '198.51.100.7' };
const billing: Call = { user_agent: 'acme-billing/2.0 (jvm 21)', address: '203.0.113.9' };
const decide = (calls: Call[], key: Partial<KeyFacts> = {}) => {
  let habits: KeyHabits | undefined;
  return calls.flatMap((call) => {
    const groups = [activity(call)];
    const observed = observe(habits, groups);
    habits = observed.habits;
    return keyShared.decide({ ...keyInput(groups, key), runtimes: observed.runtimes }, keyShared.settings);
  });
};
const later = (call: Call, minutes: number): Call => ({ ...call, at: NOON + minutes * MINUTE });

describe('key-shared', () => {
  it('sees two services with one key, also when their calls come apart', () => {
    expect(decide([orders, later(billing, 40)])).toMatchObject([{ severity: 'low', summary: '2 services used the key within an hour, each from another network: acme-billing, orders' }]);
  });

  it('goes by the runtime that the log names', () => {
    expect(decide([{ ...orders, signs: ['runtime:shop'] }, later({ ...orders, signs: ['runtime:crm'], address: '203.0.113.9' }, 1)])).toHaveLength(1);
    expect(decide([{ ...orders, signs: ['runtime:shop-7c9f8d'] }, later({ ...orders, signs: ['runtime:shop-5d2a1'], address: '203.0.113.9' }, 1)])).toEqual([]);
  });

  it.each<[string, Call[], Partial<KeyFacts>]>([
    ['one service on many networks', [orders, later({ ...orders, address: '203.0.113.9' }, 1)], {}],
    ['a new version of a service', [orders, later({ ...orders, user_agent: 'orders/1.5', address: '203.0.113.9' }, 1)], {}],
    ['one service that moved to another two hours ago', [orders, later(billing, 120)], {}],
    ['two programs on one network', [orders, later({ ...billing, address: '198.51.100.9' }, 1)], {}],
    ['libraries, which are no services', [orders, later({ ...billing, user_agent: 'okhttp/4.12.0' }, 1)], {}],
    ['a public key', [orders, later(billing, 1)], { kind: 'public_key' }],
    ['a person\'s key', [orders, later({ ...billing, credential_kind: 'user' }, 1)], {}],
  ])('lets pass %s', (_, calls, key) => {
    expect(decide(calls, key)).toEqual([]);
  });
});
