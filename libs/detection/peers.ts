import { levelNow, type Verdict } from './baseline/index.js';
import { memo } from './rules/memo.js';
import type { KeyWatch } from './watch.js';

/** A key counts among the peers of others after a day of its own history. */
const GROWN_MINUTES = 24 * 60;
/** Until so much history of its own is there, a key is measured by its peers. */
const YOUNG_MINUTES = 60;
/** Fewer peers say nothing; more than the most add nothing. */
const PEERS = { least: 5, most: 200 };
const MOST_GROUPS = 20_000;
/** In a few minutes a key does at least this to be told of, and so many times what its peers do. */
const LEAST = { requests: 50, times: 10 };
const WINDOW_MINUTES = 5;
const THRESHOLD = 5.2;
/** Logarithms: peers are never believed to be more alike than this, since their hours differ. */
const LEAST_SPREAD = 0.7;

/** Keys that may be alike: by kind and service, or else by kind. Both hold the workspace. */
export type PeerGroups = readonly [narrow: string, wide: string];

/**
 * How much the keys of a workspace call that are of one kind and serve one service, as far as they were active since the start: what a new key is
 * measured by in its first hour. Bounded: 200 keys a group.
 */
export class Peers {
  private readonly levels = new Map<string, Map<string, number>>();

  /** Takes note of what a key does usually, once an hour and when it is met first. */
  note(key: string, groups: PeerGroups, { baseline }: KeyWatch): void {
    if (baseline.closed - baseline.started < GROWN_MINUTES || !(baseline.overall > 0)) return;
    for (const group of groups) {
      let levels = this.levels.get(group);
      if (levels === undefined) {
        if (this.levels.size >= MOST_GROUPS) this.levels.delete(this.levels.keys().next().value!);
        this.levels.set(group, levels = new Map<string, number>());
      }
      const isKnown = levels.has(key);
      if (isKnown ? baseline.closed % 60 === 0 : levels.size < PEERS.most) levels.set(key, Math.log(Math.max(levelNow(baseline), 1e-3)));
    }
  }

  /** Whether a key in its first hour does far more than its peers; null: no, or nothing is known of any. */
  judge(key: string, groups: PeerGroups, { baseline, recent }: KeyWatch): Verdict | null {
    const minute = recent.at(-1)?.minute ?? -Infinity;
    if (!(minute - baseline.started < YOUNG_MINUTES)) return null;
    const usual = this.usualOf(key, groups[0]) ?? this.usualOf(key, groups[1]);
    if (usual === null) return null;
    const length = Math.min(WINDOW_MINUTES, minute - baseline.started + 1);
    let seen = 0;
    for (const count of recent) if (count.minute > minute - length) seen += count.requests;
    const expected = length * Math.exp(usual.mean);
    const score = (Math.log(seen / length) - usual.mean) / usual.spread;
    if (seen < LEAST.requests || seen < LEAST.times * expected || score < THRESHOLD) return null;
    const episode = { started_at: minute - length + 1, last_high: minute, peak_score: score, ended_at: null };
    return { minute, spike: true, window_minutes: length, seen, expected, score, episode };
  }

  private usualOf(key: string, group: string): { mean: number; spread: number } | null {
    const levels = this.levels.get(group);
    if (levels === undefined) return null;
    let [peers, sum, squares] = [0, 0, 0];
    for (const [name, level] of levels) {
      if (name === key) continue;
      peers += 1;
      sum += level;
      squares += level * level;
    }
    if (peers < PEERS.least) return null;
    const mean = sum / peers;
    // Of a few peers the spread is a guess.
    const variance = Math.max(0, squares / peers - mean * mean) * peers / (peers - 1) * (1 + 4 / peers);
    return { mean, spread: Math.max(LEAST_SPREAD, Math.sqrt(variance)) };
  }
}

const known = new Map<string, Map<string, Map<string, PeerGroups>>>();
let groups = 0;

/** By what is known of a key: `name` is the registry's (`service-env`), `principal` that of the logs. */
export function peerGroupsOf(workspace: string, kind: string, name: string | undefined, principal: string): PeerGroups {
  const service = name === undefined ? principal : serviceOf(name);
  let found = known.get(workspace)?.get(kind)?.get(service);
  if (found === undefined) {
    if ((groups += 1) > MOST_GROUPS) {
      known.clear();
      groups = 1;
    }
    const wide = `${workspace} ${kind}`;
    found = [`${wide} ${service}`, wide];
    const kinds = entry(known, workspace, () => new Map<string, Map<string, PeerGroups>>());
    entry(kinds, kind, () => new Map<string, PeerGroups>()).set(service, found);
  }
  return found;
}

const serviceOf = memo((name) => name.replace(/-[^-]*$/, ''));

function entry<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) map.set(key, value = make());
  return value;
}
