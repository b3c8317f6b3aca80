import { describe, expect, it } from '@jest/globals';
import type { CallerActivity, KeyFacts } from '../types.js';
import { kilometresBetween } from './country-places.js';
import { impossibleTravel, type ImpossibleTravelInput } from './impossible-travel.js';
import { activity, keyInput, NOON } from './testing.js';

const HOUR = 3_600_000;
const away: Partial<CallerActivity> = { address: '203.0.113.9', country: 'SG' };
const german = { network: '198.51.100.0/24', country: 'DE', last_seen: NOON - HOUR };
const decide = (group: Partial<CallerActivity>, known: ImpossibleTravelInput['known'] = [german], key: Partial<KeyFacts> | null = {}) =>
  impossibleTravel.decide({ ...keyInput([activity(group)], key), known }, impossibleTravel.settings);

describe('impossible-travel', () => {
  it('sees a key at home in Germany in Singapore an hour later', () => {
    expect(decide(away)).toMatchObject([{ severity: 'medium', summary: expect.stringMatching(/^used from SG 1 h after a use from DE, some \d+00 km away$/) }]);
    expect(decide({ ...away, credential_kind: 'user' }, [german], null)).toMatchObject([{ severity: 'high' }]);
  });

  it('sees it also while it goes on at home', () => {
    expect(decide(away, [{ ...german, last_seen: NOON + 60_000 }])).toMatchObject([{ summary: expect.stringContaining('within the hour') }]);
  });

  it.each<[string, Partial<CallerActivity>, ImpossibleTravelInput['known']]>([
    ['a neighbour', { ...away, country: 'FR' }, [german]],
    ['a journey of a day', away, [{ ...german, last_seen: NOON - 24 * HOUR }]],
    ['a country that the key is at home in', away, [german, { ...german, network: '192.0.2.0/24', country: 'SG' }]],
    ['a key at home everywhere', away, ['DE', 'JP', 'ZA'].map((country) => ({ ...german, country }))],
    ['a refused call', { ...away, outcome: 'unauthorised' }, [german]],
    ['a country that is as wide as an ocean', { ...away, country: 'US' }, [german]],
    ['an address of no country', { ...away, country: '' }, [german]],
    ['logs that come much later', away, [{ ...german, last_seen: NOON + 48 * HOUR }]],
    ['a key nobody knows from anywhere', away, []],
  ])('lets pass %s', (_, group, known) => {
    expect(decide(group, known)).toEqual([]);
  });

  it('lets pass a public key', () => {
    expect(decide(away, [german], { kind: 'public_key' })).toEqual([]);
  });
});

it('knows distances well enough', () => {
  expect(kilometresBetween('DE', 'SG')).toBeGreaterThan(9_000);
  expect(kilometresBetween('DE', 'SG')).toBeLessThan(11_000);
  expect(kilometresBetween('DE', 'DE')).toBe(0);
  expect(kilometresBetween('DE', 'US')).toBeUndefined();
});
