import type { CallerActivity, FindingDraft, Rule } from '../types.js';
import { callersOf, plural, requestsOf, spanOf } from './activity.js';
import { named } from './draft.js';

export interface CallerOfManyKeysInput {
  workspace_id: string;
  /** It is about a caller. */
  key_id: '';
  /** The network, as `networkOf` names it. */
  network: string;
  /** Keys of some age that were first met from it within the last hour. */
  new_keys: readonly string[];
  /** What came from it with them now. */
  activity: readonly CallerActivity[];
}

export interface CallerOfManyKeysSettings { min_keys: number; high_keys: number }

export const callerOfManyKeys: Rule<CallerOfManyKeysInput, CallerOfManyKeysSettings> = {
  id: 'caller-of-many-keys',
  title: 'One caller uses many keys',
  severity: 'medium',
  fires: 'within an hour 5 or more keys were used from one network that none of them was used from before; high from 20',
  why: 'A dump of keys is tried from one place: each key alone shows nothing but a new address.',
  response: 'See what was called from there. If no service moved, block the network and replace the keys.',
  false_positives: 'Services that move to a new way out together.',
  attack: 'T1078 Valid Accounts',
  fields: ['key_id', 'address'],
  incident: 'opens',
  settings: { min_keys: 5, high_keys: 20 },
  decide({ workspace_id, network, new_keys, activity }, settings): FindingDraft[] {
    const span = spanOf(activity);
    if (network === '' || span === null || new_keys.length < settings.min_keys) return [];
    const callers = callersOf(activity);
    return [{
      rule_id: callerOfManyKeys.id, severity: new_keys.length >= settings.high_keys ? 'high' : 'medium', title: callerOfManyKeys.title, workspace_id, key_id: '', principal: '',
      addresses: callers.addresses, ...span, summary: `${plural(new_keys.length, 'key')} were used from ${network} for the first time within an hour: ${named(new_keys)}`,
      evidence: { ...callers, counts: { keys: new_keys.length, requests: requestsOf(activity) }, window_minutes: 60, seen: new_keys.length }, episode: network,
    }];
  },
};
