import {
  advance, baselineSettings, closeKeyMinute, emptyKeyBaseline, emptyShares, mayStandOut, readBaseline, readShares, scoreOpenMinute, type Alarm,
  type KeyBaseline, type Verdict,
} from './baseline/index.js';
import { WatchTable } from './memory/watch-record.js';
import { isDenied } from './rules/activity.js';
import { emptyReach, watchReach } from './reach.js';
import type { CallerActivity } from './types.js';
import type { KeyWatch, MinuteCount, WatchedMinutes } from './watch.js';

/** Minutes of a key that may still grow: logs come late and out of order. */
const OPEN_MINUTES = 2;

/** Minutes kept for windows of denied calls. */
const RECENT_MINUTES = 60;

/** What a minute leaves in the long-run counts after another minute has passed: half of it is gone in a week. */
const DECAY = 0.5 ** (1 / (7 * 24 * 60));

export function newKeyWatch(activity: readonly CallerActivity[]): KeyWatch {
  const first = activity.reduce((earliest, group) => Math.min(earliest, group.first_time), Infinity);
  const { rate, shares } = emptyKeyBaseline(Math.floor(first / 60_000));
  return { baseline: rate, shares, first_seen: first, recent: [], prior: { requests: 0, denied: 0 }, reach: emptyReach() };
}

/** A stored watch, also of an older version, which knows less. Undefined when it cannot be read: then the key begins anew. */
export function readKeyWatch(stored: unknown): KeyWatch | undefined {
  const watch = stored as KeyWatch | null;
  if (typeof watch !== 'object' || watch === null || !Array.isArray(watch.recent) || typeof watch.prior !== 'object') return undefined;
  const baseline = readBaseline(watch.baseline);
  if (baseline === undefined) return undefined;
  return {
    ...watch, baseline, reach: emptyReach(), shares: readShares(watch.shares) ?? emptyShares(baseline.closed + 1),
    recent: watch.recent.map((count) => ({ ...count, errors: (count as Partial<MinuteCount>).errors ?? 0 })),
  };
}

/**
 * Takes in what one key did since the last tick. Minutes that are over are judged and learnt; those still open are judged by what they
 * hold so far. A minute that comes after it was closed counts for denied calls only. The watch is changed in place and returned.
 */
export function watchActivity(watch: KeyWatch, activity: readonly CallerActivity[]): WatchedMinutes {
  for (const group of activity) if (group.first_time < watch.first_seen) watch.first_seen = group.first_time;
  addMinutes(watch.recent, activity);
  const latest = watch.recent.at(-1)?.minute ?? watch.baseline.closed;
  const spikes: Verdict[] = [];
  const alarms: Alarm[] = [];
  for (let index = firstAfter(watch.recent, watch.baseline.closed); index < watch.recent.length; index += 1) {
    const count = watch.recent[index]!;
    if (count.minute > latest - OPEN_MINUTES) break;
    const closed = closeKeyMinute({ rate: watch.baseline, shares: watch.shares }, count.minute, count);
    watch.baseline = closed.baseline.rate;
    watch.shares = closed.baseline.shares;
    if (closed.verdict.spike) spikes.push(closed.verdict);
    for (const alarm of closed.alarms) if (alarm.kind !== 'spike') alarms.push(alarm);
  }
  judgeOpen(watch, spikes, alarms);
  forgetOld(watch, latest);
  return { watch, spikes, alarms, reach: watchReach(watch.reach, activity) };
}

/** Counts in the order of their minutes; nearly all of them are at the end. */
function addMinutes(recent: MinuteCount[], activity: readonly CallerActivity[]): void {
  for (const group of activity) {
    const { minute, requests } = group;
    const at = firstAfter(recent, minute - 1);
    let count = recent[at];
    if (count?.minute !== minute) {
      count = { minute, requests: 0, denied: 0, errors: 0 };
      recent.splice(at, 0, count);
    }
    count.requests += requests;
    if (group.outcome === 'error') count.errors += requests;
    if (isDenied(group)) count.denied += requests;
  }
}

/** The place of the first minute after one. */
function firstAfter(recent: readonly MinuteCount[], minute: number): number {
  let at = recent.length;
  while (at > 0 && recent[at - 1]!.minute > minute) at -= 1;
  return at;
}

/**
 * A spike is seen within its minute, and so is how calls go: the open minutes are judged on a copy, which learns nothing for good.
 */
function judgeOpen(watch: KeyWatch, spikes: Verdict[], alarms: Alarm[]): void {
  const { baseline, recent } = watch;
  const from = firstAfter(recent, baseline.closed);
  const last = recent.at(-1);
  if (last === undefined || from === recent.length) return;
  let requests = 0;
  let wrong = 0;
  for (let index = from; index < recent.length; index += 1) {
    requests += recent[index]!.requests;
    wrong += recent[index]!.errors + recent[index]!.denied;
  }
  if ((requests >= baselineSettings.min_events || baseline.episode !== null) && mayStandOut(baseline, recent, from, baselineSettings)) {
    let ahead = from === recent.length - 1 && last.minute === baseline.closed + 1 ? baseline : aheadOf(watch).rate;
    for (let index = from; index < recent.length - 1; index += 1) {
      const { state, verdict } = advance(ahead, recent[index]!.minute, recent[index]!.requests);
      ahead = state;
      if (verdict.spike) spikes.push(verdict);
    }
    if (last.minute > ahead.closed + 1) ahead = advance(ahead, last.minute - 1, 0).state;
    const verdict = scoreOpenMinute(ahead, last.minute, last.requests);
    if (verdict.spike) spikes.push(verdict);
  }
  if (wrong === 0) return;
  let ahead = aheadOf(watch);
  for (let index = from; index < recent.length; index += 1) {
    const judged = closeKeyMinute(ahead, recent[index]!.minute, recent[index]!);
    ahead = judged.baseline;
    for (const alarm of judged.alarms) if (alarm.kind === 'errors' || alarm.kind === 'denied') alarms.push(alarm);
  }
}

/** What is known of a key, to go on with for a while: one and the same object for all. */
const aheadOf = ({ baseline, shares }: KeyWatch): KeyBaseline => table.copy({ rate: baseline, shares });
const table = new WatchTable();

function forgetOld(watch: KeyWatch, latest: number): void {
  const oldest = Math.min(latest - RECENT_MINUTES, watch.baseline.closed);
  const forgotten = firstAfter(watch.recent, oldest);
  for (let index = 0; index < forgotten; index += 1) {
    const { requests, denied } = watch.recent[index]!;
    watch.prior.requests = watch.prior.requests * DECAY + requests;
    watch.prior.denied = watch.prior.denied * DECAY + denied;
  }
  if (forgotten > 0) watch.recent.splice(0, forgotten);
}
