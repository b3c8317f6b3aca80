import type { CallerActivity, Rule } from '../types.js';
import { plural } from './activity.js';
import { figure, round } from './figures.js';
import type { ReachInput } from './address-spike.js';
import { keyDraft } from './draft.js';

export interface EgressVolumeSettings {
  min_megabytes: number;
  min_ratio: number;
}

const MEGABYTE = 1_000_000;

export const egressVolume: Rule<ReachInput, EgressVolumeSettings> = {
  id: 'egress-volume',
  title: 'Far more data answered to a key than usual',
  severity: 'medium',
  fires: 'within a quarter of an hour a key is answered with 10 MB or more, at least 3 times what is usual for it at this hour, and far beyond how that scatters',
  why: 'Who copies data out needs no more calls than the owner makes: larger pages and wider exports do. The volume shows it, the rate does not.',
  response: 'See which callers and routes make the excess. If the owner did not start an export, revoke and replace the key, and find out what was read.',
  false_positives: 'An export, a backup or a first synchronisation. The same every night is learnt.',
  attack: 'T1530 Data from Cloud Storage',
  fields: ['key_id', 'bytes_out'],
  incident: 'opens',
  settings: { min_megabytes: 10, min_ratio: 3 },
  decide({ alarm, activity, workspace_id, key_id, principal }, { min_megabytes, min_ratio }) {
    if (alarm.kind !== 'bytes' || alarm.seen < min_megabytes * MEGABYTE || alarm.seen < min_ratio * alarm.expected) return [];
    const heaviest = heaviestFirst(activity);
    if (heaviest.length === 0) return [];
    const excess = alarm.seen - alarm.expected;
    const blamed: Caller[] = [];
    let bytes = 0;
    for (const caller of heaviest) {
      if (bytes >= excess) break;
      blamed.push(caller);
      bytes += caller.bytes;
    }
    const groups = activity.filter(({ address, bytes_out }) => bytes_out > 0 && blamed.some((caller) => caller.address === address));
    const known = blamed.filter(({ address }) => address !== '').length;
    return [keyDraft(egressVolume, { workspace_id, key_id, principal }, groups, {
      summary: `${megabytes(alarm.seen)} MB in ${plural(alarm.window_minutes, 'minute')} where ${megabytes(alarm.expected)} MB are usual in a quarter of an hour`
        + (known > 0 ? `, ${megabytes(bytes)} MB of them to ${plural(known, 'address')}` : ''),
      counts: { bytes: alarm.seen, bytes_of_callers: bytes },
      evidence: { expected: Math.round(alarm.expected), seen: alarm.seen, window_minutes: alarm.window_minutes, score: round(alarm.score) },
    })];
  },
};

interface Caller { address: string; bytes: number }

function heaviestFirst(activity: readonly CallerActivity[]): Caller[] {
  const sums = new Map<string, number>();
  for (const { address, bytes_out } of activity) if (bytes_out > 0) sums.set(address, (sums.get(address) ?? 0) + bytes_out);
  return [...sums].map(([address, bytes]) => ({ address, bytes })).sort((a, b) => b.bytes - a.bytes || (a.address < b.address ? -1 : 1));
}

const megabytes = (bytes: number): string => figure(bytes / MEGABYTE);
