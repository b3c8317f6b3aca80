import type { ReachAlarm } from '../reach.js';
import type { CallerActivity, Rule } from '../types.js';
import { busiestAddresses, distinct, plural } from './activity.js';
import { figure, round } from './figures.js';
import { keyDraft } from './draft.js';
import { networkOf } from './network.js';

export interface ReachInput {
  workspace_id: string;
  key_id: string;
  principal: string;
  alarm: ReachAlarm;
  /** The key's activity within the alarm's window. */
  activity: readonly CallerActivity[];
}

export interface AddressSpikeSettings {
  min_addresses: number;
  min_ratio: number;
}

export const addressSpike: Rule<ReachInput, AddressSpikeSettings> = {
  id: 'address-spike',
  title: 'Key used from far more addresses than usual',
  severity: 'medium',
  fires: 'within a quarter of an hour a key is used from 10 or more addresses, at least 3 times what is usual for it at this hour, and far beyond how that scatters',
  why: 'A key that was published, sold or built into a bot is used from many places at once, each of them quiet enough not to stand out.',
  response: 'See whether the addresses are the owner\'s: one provider or one product that was rolled out speaks for it. If not, revoke and replace the key.',
  false_positives: 'A product that goes to more machines, a proxy that changes its way out with every call. Keys whose users are people are measured by how many there usually are.',
  attack: 'T1078 Valid Accounts',
  fields: ['key_id', 'address'],
  incident: 'opens',
  settings: { min_addresses: 10, min_ratio: 3 },
  decide({ alarm, activity, workspace_id, key_id, principal }, { min_addresses, min_ratio }) {
    if (alarm.kind !== 'addresses' || alarm.seen < min_addresses || alarm.seen < min_ratio * alarm.expected) return [];
    const from = activity.filter(({ address }) => address !== '');
    if (from.length === 0) return [];
    const addresses = busiestAddresses(from);
    const networks = distinct(from.map(({ address }) => networkOf(address))).length;
    // What arrived of the window may be less than what was counted, never the other way round.
    const seen = Math.max(alarm.seen, addresses.length);
    return [keyDraft(addressSpike, { workspace_id, key_id, principal }, from, {
      summary: `${plural(seen, 'address')} in ${plural(alarm.window_minutes, 'minute')} where ${figure(alarm.expected)} are usual in a quarter of an hour, in ${plural(networks, 'network')}`,
      counts: { addresses: seen, networks },
      evidence: { expected: round(alarm.expected), seen, window_minutes: alarm.window_minutes, score: round(alarm.score) },
    })];
  },
};
