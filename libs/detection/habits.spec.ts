import { describe, expect, it } from '@jest/globals';
import { isWrite, observe, runtimeName, templateOf, type KeyHabits } from './habits.js';
import { activity, MINUTE, NOON } from './rules/testing.js';

describe('observe', () => {
  it('learns what a key does, and says what is new', () => {
    const first = observe(undefined, [activity({ routes: ['/orders/17'], methods: ['GET'] })]);
    expect(first).toMatchObject({ changed: true, last_used: null, habits: { routes: ['/orders/{}'], methods: ['GET'], requests: 1, has_written: false } });
    const second = observe(first.habits, [activity({ at: NOON + MINUTE, routes: ['/orders/18', '/refunds'], methods: ['POST'] })]);
    expect(second.news).toMatchObject({ routes: ['/refunds'], methods: ['POST'], first_write: true, known_routes: 1, requests: 1 });
    expect(second.habits).toMatchObject({ routes: ['/orders/{}', '/refunds'], has_written: true, requests: 2, last_new: NOON + MINUTE });
  });

  it('is written down again only when something is new, or an hour has passed', () => {
    const { habits } = observe(undefined, [activity()]);
    expect(observe(habits, [activity({ at: NOON + 20 * MINUTE })]).changed).toBe(false);
    expect(observe(habits, [activity({ at: NOON + 20 * MINUTE, routes: ['/refunds'] })]).changed).toBe(true);
    expect(observe(habits, [activity({ at: NOON + 60 * MINUTE })]).changed).toBe(true);
  });

  it('stays small whatever a key does', () => {
    let habits: KeyHabits | undefined;
    for (let i = 0; i < 500; i += 1) {
      const word = [...String(i)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
      habits = observe(habits, [activity({ at: NOON + i * MINUTE, routes: [`/${word}`], methods: [word], user_agent: `${word}-app/1.0` })]).habits;
    }
    expect(habits).toMatchObject({ is_full: true });
    expect(habits!.routes).toHaveLength(60);
    expect(JSON.stringify(habits).length).toBeLessThan(5_000);
    expect(observe(habits, [activity({ at: NOON + 501 * MINUTE, user_agent: 'curl/8', routes: ['/another'] })]).changed).toBe(false);
  });

  it('does not go back in time with late logs', () => {
    const { habits } = observe(undefined, [activity()]);
    expect(observe(habits, [activity({ at: NOON - 5 * 60 * MINUTE })]).habits).toMatchObject({ first: NOON - 5 * 60 * MINUTE, last: NOON });
  });
});

it.each([
  ['/orders/17', '/orders/{}'], ['/orders/{order_id}', '/orders/{}'], ['/v1/orders/8c7b7a4e-3f0e-4c53-9f0c-2a6ef2d9a1b4/items', '/v1/orders/{}/items'],
  ['/payments/pay_1f0c22ab91de', '/payments/{}'], ['/v1/bank-accounts', '/v1/bank-accounts'], ['ec2.amazonaws.com', 'ec2.amazonaws.com'],
])('templateOf(%s) is %s', (route, template) => {
  expect(templateOf(route)).toBe(template);
});

it.each([['GET', false], ['HEAD', false], ['POST', true], ['DELETE', true], ['DescribeInstances', false], ['ListBuckets', false], ['RunInstances', true], ['CreateAccessKey', true]])('isWrite(%s) is %s', (method, writes) => {
  expect(isWrite(method)).toBe(writes);
});

it.each([['orders/1.4', 'orders'], ['acme-billing/5.6.0 (jvm 21)', 'acme-billing'], ['okhttp/4.12.0', ''], ['python-requests/2.32.3', ''], ['Mozilla/5.0', ''], ['', '']])('runtimeName of %s is %s', (user_agent, name) => {
  expect(runtimeName({ user_agent, signs: [] })).toBe(name);
});
