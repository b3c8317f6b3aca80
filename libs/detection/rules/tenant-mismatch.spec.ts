import { describe, expect, it } from '@jest/globals';
import type { CallerActivity } from '../types.js';
import { activity, keyInput, MINUTE, NOON } from './testing.js';
import { tenantMismatch } from './tenant-mismatch.js';

const refused = (i: number, rest: Partial<CallerActivity> & { at?: number } = {}) => activity({ at: NOON + i * 1_000, outcome: 'forbidden', signs: ['tenants:acme > other'], ...rest });
const decide = (groups: CallerActivity[]) => tenantMismatch.decide(keyInput(groups), tenantMismatch.settings);
const five = (each: (i: number) => Parameters<typeof refused>[1] = () => ({})) => [0, 1, 2, 3, 4].map((i) => refused(i, each(i)));

describe('tenant-mismatch', () => {
  it('sees five calls for a tenant that the token is not of', () => {
    expect(decide(five())).toMatchObject([{ severity: 'medium', summary: '5 calls for 1 tenant that the token is not of (acme > other) were refused' }]);
  });

  it('rates one tenant after the other high', () => {
    expect(decide(five((i) => ({ signs: [`tenants:acme > other-${i}`] })))).toMatchObject([{ severity: 'high', evidence: { counts: { tenants: 5 } } }]);
  });

  it.each<[string, CallerActivity[]]>([
    ['four calls', five().slice(1)],
    ['a slow trickle', five((i) => ({ at: NOON + i * 5 * MINUTE }))],
    ['calls that were refused for another reason', five(() => ({ signs: [] }))],
    ['calls that were answered', five(() => ({ outcome: 'authorised' }))],
  ])('lets pass %s', (_, groups) => {
    expect(decide(groups)).toEqual([]);
  });

  it('is concerned with nothing but such refusals', () => {
    expect(tenantMismatch.concerns(refused(0))).toBe(true);
    expect(tenantMismatch.concerns(activity({ outcome: 'forbidden' }))).toBe(false);
  });
});
