import type { CredentialKind } from '@keytrail/contracts';
import type { CallerActivity, Rule } from '../types.js';
import { callersOf, distinct, plural, requestsOf, spanOf } from './activity.js';
import { networkOf } from './network.js';
import { personTool } from './person-tool.js';

export interface FirstSeenAddressInput {
  workspace_id: string;
  key_id: string;
  principal: string;
  credential_kind: CredentialKind;
  /** When the key was first seen at all, epoch milliseconds. */
  key_first_seen: number;
  /** Networks (as of `networkOf`) the key was seen from before the activity. `country` may be ''. */
  known: readonly { network: string; country: string; first_seen: number; requests: number }[];
  activity: readonly CallerActivity[];
}

export interface FirstSeenAddressSettings {
  min_history_hours: number;
  /** A key with more known networks is carried around: a new one says nothing. */
  max_known_networks: number;
  /** Nor does it for a key that met this many new networks in the week before, its first and its last day aside. */
  max_new_in_week: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export const firstSeenAddress: Rule<FirstSeenAddressInput, FirstSeenAddressSettings> = {
  id: 'first-seen-address',
  title: 'Key used from a network it was never seen from',
  severity: 'low',
  fires: 'a key with at least a day of history was used from a network (/24, /48) it was never seen from; medium for a new country',
  why: 'A server\'s key is used from the same few networks for months. A new one is a move, or a copy of the key somewhere else.',
  response: 'Ask the owner whether something was moved or added. If not, look at what was called from there, and replace the key.',
  false_positives: 'A move to other machines, a new region, a new office. Keys that roam (more than 20 networks, or 4 new ones a week) are left out.',
  attack: 'T1078 Valid Accounts',
  fields: ['key_id', 'address'],
  incident: 'opens',
  settings: { min_history_hours: 24, max_known_networks: 20, max_new_in_week: 4 },
  decide(input, settings) {
    if (input.credential_kind === 'public_key' || input.known.length === 0 || roams(input, settings)) return [];
    const known = new Set(input.known.map(({ network }) => network));
    const fresh = input.activity.filter((group) => group.address !== ''
      && group.outcome !== 'unauthorised'
      && group.first_time - input.key_first_seen >= settings.min_history_hours * HOUR
      && !isUsersBrowser(group)
      && !known.has(networkOf(group.address)));
    const span = spanOf(fresh);
    if (span === null) return [];

    const networks = distinct(fresh.map((group) => networkOf(group.address)));
    const knownCountries = new Set(distinct(input.known.map(({ country }) => country)));
    const newCountries = knownCountries.size === 0 ? []
      : distinct(fresh.map((group) => group.country)).filter((country) => !knownCountries.has(country));
    const callers = callersOf(fresh);
    const requests = requestsOf(fresh);
    const countries = newCountries.length === 0 ? ''
      : `, in ${newCountries.length === 1 ? 'a new country' : `${newCountries.length} new countries`} (${newCountries.slice(0, 5).join(', ')})`;
    return [{
      rule_id: firstSeenAddress.id,
      severity: newCountries.length > 0 ? 'medium' : firstSeenAddress.severity,
      title: newCountries.length > 0 ? 'Key used from a country it was never seen from' : firstSeenAddress.title,
      workspace_id: input.workspace_id,
      key_id: input.key_id,
      principal: input.principal,
      addresses: callers.addresses,
      ...span,
      summary: `${plural(requests, 'request')} from ${plural(networks.length, 'network')} never seen before`
        + ` (${networks.slice(0, 3).join(', ')}${networks.length > 3 ? ', …' : ''})${countries}; the key was known from ${input.known.length}`,
      evidence: {
        ...callers,
        counts: { requests, new_networks: networks.length, known_networks: input.known.length, new_countries: newCountries.length },
      },
      episode: input.key_id,
    }];
  },
};

function roams({ known, key_first_seen, activity }: FirstSeenAddressInput, settings: FirstSeenAddressSettings): boolean {
  if (known.length > settings.max_known_networks) return true;
  const now = spanOf(activity)?.first_seen ?? 0;
  const recent = known.filter(({ first_seen }) =>
    first_seen >= key_first_seen + DAY && first_seen >= now - 7 * DAY && first_seen < now - DAY);
  return recent.length > settings.max_new_in_week;
}

/** A person's own session moves with the person. Command lines and API clients with a person's key still count. */
function isUsersBrowser(group: CallerActivity): boolean {
  if (group.credential_kind !== 'user') return false;
  return group.user_agent.includes('Mozilla/') || personTool(group.user_agent)?.tool === 'AWS console';
}
