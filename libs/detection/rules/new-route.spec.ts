import { describe, expect, it } from '@jest/globals';
import { observe, type KeyHabits } from '../habits.js';
import type { CallerActivity } from '../types.js';
import { newRoute } from './new-route.js';
import { activity, keyInput, NOON } from './testing.js';

const DAY = 86_400_000;
const habits = (rest: Partial<KeyHabits> = {}): KeyHabits => ({
  first: NOON - 30 * DAY, last: NOON, requests: 5_000, routes: ['/orders/{}'], is_full: false, methods: ['GET'], last_new: NOON - 30 * DAY, has_written: false, runtimes: [], ...rest,
});
const decide = (group: Partial<CallerActivity>, known: KeyHabits | null = habits()) => {
  const groups = [activity(group)];
  return newRoute.decide({ ...keyInput(groups), news: observe(known ?? undefined, groups).news }, newRoute.settings);
};

describe('new-route', () => {
  it('sees a route the key never called', () => {
    expect(decide({ routes: ['/admin/users'] })).toMatchObject([{ severity: 'low', summary: '1 new route (/admin/users) after 5000 requests on 1 route' }]);
  });

  it('sees a key that only read begin to write', () => {
    expect(decide({ methods: ['DELETE'] })).toMatchObject([{ severity: 'medium', title: 'A key that only read begins to write' }]);
    expect(decide({ methods: ['PUT'] }, habits({ methods: ['GET', 'POST'], has_written: true }))).toMatchObject([{ severity: 'low' }]);
  });

  it.each<[string, Partial<CallerActivity>, KeyHabits | null]>([
    ['what the key always does', {}, habits()],
    ['the same route with another id', { routes: ['/orders/4711', '/orders/8c7b7a4e-3f0e-4c53-9f0c-2a6ef2d9a1b4'] }, habits()],
    ['a key that is seen for the first time', { routes: ['/admin/users'] }, null],
    ['a young key', { routes: ['/admin/users'] }, habits({ first: NOON - 6 * DAY })],
    ['a key that is hardly used', { routes: ['/admin/users'] }, habits({ requests: 499 })],
    ['a key that is still learnt', { routes: ['/admin/users'] }, habits({ last_new: NOON - DAY })],
    ['a key that goes about', { routes: ['/admin/users'] }, habits({ routes: Array.from({ length: 31 }, (_, i) => `/r${'x'.repeat(i)}`) })],
    ['what was refused as of nobody', { routes: ['/admin/users'], outcome: 'unauthorised' }, habits()],
  ])('lets pass %s', (_, group, known) => {
    expect(decide(group, known)).toEqual([]);
  });
});
