import type { CallerActivity, KeyInput, Rule } from '../types.js';
import { distinct, isDenied } from './activity.js';
import { kilometresBetween } from './country-places.js';
import { keyDraft } from './draft.js';
import { networkOf } from './network.js';

export interface ImpossibleTravelInput extends KeyInput {
  /** Networks the key was known from before the activity; last_seen may lie after it began. */
  known: readonly { network: string; country: string; last_seen: number }[];
}

export interface ImpossibleTravelSettings {
  min_km: number;
  /** No one travels faster. */
  max_km_h: number;
  /** A key at home in more countries is used in several places at once anyway. */
  max_known_countries: number;
}

const HOUR = 3_600_000;

export const impossibleTravel: Rule<ImpossibleTravelInput, ImpossibleTravelSettings> = {
  id: 'impossible-travel',
  title: 'Key used in two places too far apart',
  severity: 'medium',
  fires: 'a key that is at home in one or two countries was used from another, 2,000 km or more away, sooner after its last use at home than anybody could get there; high for a person\'s or an instance role\'s key',
  why: 'Two holders use it at the same time.',
  response: 'Ask the owner which of the two places is theirs, and replace the key if one is not.',
  false_positives: 'A service that was set up in a second region, and people behind a VPN.',
  attack: 'T1078 Valid Accounts',
  fields: ['key_id', 'address with a country that is placed (the widest countries are not)', 'time'],
  incident: 'opens',
  settings: { min_km: 2_000, max_km_h: 1_000, max_known_countries: 2 },
  decide(input, settings) {
    const home = distinct(input.known.map(({ country }) => country));
    if (home.length === 0 || home.length > settings.max_known_countries || input.key?.kind === 'public_key') return [];
    const networks = new Set(input.known.map(({ network }) => network));
    const away = input.activity.filter((group) => group.country !== '' && !isDenied(group) && !home.includes(group.country) && !networks.has(networkOf(group.address)));
    const trips = away.flatMap((group) => tripTo(group, input, settings) ?? []);
    if (trips.length === 0) return [];
    const { km, from, hours } = trips[0]!;
    const groups = trips.map(({ group }) => group);
    const personal = groups.some(({ credential_kind }) => credential_kind === 'user' || credential_kind === 'role');
    return [keyDraft(impossibleTravel, input, groups, {
      severity: personal ? 'high' : 'medium',
      summary: `used from ${groups[0]!.country} ${hours < 1 ? 'within the hour of' : `${Math.round(hours)} h after`} a use from ${from}, some ${Math.round(km / 100) * 100} km away`,
      counts: { kilometres: Math.round(km) },
    })];
  },
};

function tripTo(group: CallerActivity, { known }: ImpossibleTravelInput, settings: ImpossibleTravelSettings) {
  for (const { country, last_seen } of known) {
    const km = kilometresBetween(country, group.country);
    const hours = Math.max(0, group.first_time - last_seen) / HOUR;
    // Last used long after this call, as late logs tell: when it was used before, nobody knows.
    if (km === undefined || km < settings.min_km || hours > km / settings.max_km_h || last_seen - group.last_time > HOUR) continue;
    return { group, km, from: country, hours };
  }
  return undefined;
}
