import type { CallerActivity, FindingDraft, Rule } from '../types.js';
import { callersOf, distinct, isDenied, plural, requestsOf, spanOf } from './activity.js';
import { networkOf } from './network.js';
import { runsOf } from './windows.js';

export interface UnknownKeyProbingInput {
  /** What callers did, of any network. Only refused calls with a credential nobody knows are looked at. */
  activity: readonly CallerActivity[];
}

export interface UnknownKeyProbingSettings {
  window_minutes: number;
  /** Distinct unknown credentials from one network within the window. */
  min_fingerprints: number;
  /** From here on it is a search and no mix-up of settings. */
  high_fingerprints: number;
}

export const unknownKeyProbing: Rule<UnknownKeyProbingInput, UnknownKeyProbingSettings> = {
  id: 'unknown-key-probing',
  title: 'Many unknown keys tried from one place',
  severity: 'medium',
  fires: '5 or more keys nobody knows were tried from one network within 10 minutes; high from 50',
  why: 'Someone tries a list of keys, guessed or bought, to see which one opens. The next may be one of yours.',
  response: 'Block the network at the edge, and see whether any known key was used from it as well.',
  false_positives: 'An office behind one address whose people\'s tokens expired together.',
  attack: 'T1110.004 Brute Force: Credential Stuffing',
  fields: ['fingerprint of the presented key', 'address', 'status or outcome'],
  incident: 'opens',
  settings: { window_minutes: 10, min_fingerprints: 5, high_fingerprints: 50 },
  decide({ activity }, settings) {
    const byPlace = new Map<string, CallerActivity[]>();
    for (const group of activity) {
      if (!isUnknownCredential(group) || group.address === '') continue;
      const place = `${group.workspace_id} ${networkOf(group.address)}`;
      const groups = byPlace.get(place);
      if (groups === undefined) byPlace.set(place, [group]);
      else groups.push(group);
    }
    return [...byPlace.values()].flatMap((groups) => runsOf(groups, settings.window_minutes, (window) => {
      const tried = fingerprints(window).length;
      return tried >= settings.min_fingerprints ? tried : 0;
    }).map((run) => draftOf(run.items, run.score, settings)));
  },
};

const isUnknownCredential = (group: CallerActivity): boolean =>
  group.key_id === '' && group.key_fingerprint !== '' && isDenied(group);

const fingerprints = (groups: readonly CallerActivity[]): string[] => distinct(groups.map((group) => group.key_fingerprint));

function draftOf(groups: CallerActivity[], atOnce: number, settings: UnknownKeyProbingSettings): FindingDraft {
  const tried = fingerprints(groups).length;
  const requests = requestsOf(groups);
  const callers = callersOf(groups);
  const network = networkOf(groups[0]!.address);
  const where = callers.addresses.length === 1 ? callers.addresses[0]! : `${plural(callers.addresses.length, 'address')} of ${network}`;
  return {
    rule_id: unknownKeyProbing.id,
    severity: tried >= settings.high_fingerprints ? 'high' : unknownKeyProbing.severity,
    title: unknownKeyProbing.title,
    workspace_id: groups[0]!.workspace_id,
    key_id: '',
    principal: '',
    addresses: callers.addresses,
    ...spanOf(groups)!,
    summary: `${plural(tried, 'unknown key')} tried from ${where} in ${plural(requests, 'refused call')},`
      + ` up to ${atOnce} within ${plural(settings.window_minutes, 'minute')}`,
    evidence: {
      ...callers,
      counts: { requests, fingerprints: tried, addresses: callers.addresses.length },
      seen: atOnce, window_minutes: settings.window_minutes,
    },
    episode: network,
  };
}
