import { advance, baselineSettings, emptyBaseline, scoreOpenMinute, type BaselineState, type Verdict } from './baseline/index.js';
import { isDenied } from './rules/activity.js';
import type { CallerActivity } from './types.js';

/** Minutes of a key that may still grow: logs come late and out of order. */
const OPEN_MINUTES = 2;

/** Minutes kept for windows of denied calls. */
const RECENT_MINUTES = 60;

/** What a minute leaves in the long-run counts after another minute has passed: half of it is gone in a week. */
const DECAY = 0.5 ** (1 / (7 * 24 * 60));

export interface MinuteCount {
  minute: number;
  requests: number;
  denied: number;
}

/** What is remembered of a key between ticks; JSON, a few kB. Minutes are epoch minutes of the requests' own clock. */
export interface KeyWatch {
  baseline: BaselineState;
  /** When the key was first seen, epoch milliseconds. */
  first_seen: number;
  /** The last minutes with requests, oldest first; those after `baseline.closed` are still open. */
  recent: MinuteCount[];
  /** Requests and denied calls before those minutes, decaying. */
  prior: { requests: number; denied: number };
}

export interface WatchedMinutes {
  watch: KeyWatch;
  /** Minutes that stand out, oldest first. */
  spikes: Verdict[];
}

export function newKeyWatch(activity: readonly CallerActivity[]): KeyWatch {
  const first = activity.reduce((earliest, group) => Math.min(earliest, group.first_time), Infinity);
  return { baseline: emptyBaseline(Math.floor(first / 60_000)), first_seen: first, recent: [], prior: { requests: 0, denied: 0 } };
}

/**
 * Takes in what one key did since the last tick. Minutes that are over are judged and learnt; those still open are judged by what they
 * hold so far. A minute that comes after it was closed counts for denied calls only. The watch is changed in place and returned.
 */
export function watchActivity(watch: KeyWatch, activity: readonly CallerActivity[]): WatchedMinutes {
  for (const group of activity) watch.first_seen = Math.min(watch.first_seen, group.first_time);
  addMinutes(watch, activity);
  const latest = watch.recent.at(-1)?.minute ?? watch.baseline.closed;
  const spikes: Verdict[] = [];
  for (const { minute, requests } of watch.recent) {
    if (minute <= watch.baseline.closed || minute > latest - OPEN_MINUTES) continue;
    const closed = advance(watch.baseline, minute, requests);
    watch.baseline = closed.state;
    if (closed.verdict.spike) spikes.push(closed.verdict);
  }
  spikes.push(...judgeOpen(watch));
  forgetOld(watch, latest);
  return { watch, spikes };
}

function addMinutes(watch: KeyWatch, activity: readonly CallerActivity[]): void {
  const byMinute = new Map(watch.recent.map((count) => [count.minute, count]));
  for (const group of activity) {
    const { minute, requests } = group;
    const count = byMinute.get(minute) ?? { minute, requests: 0, denied: 0 };
    count.requests += requests;
    if (isDenied(group)) count.denied += requests;
    byMinute.set(minute, count);
  }
  watch.recent = [...byMinute.values()].sort((a, b) => a.minute - b.minute);
}

/** A spike is seen within its minute: the open minutes are judged on a copy, which learns nothing for good. */
function judgeOpen(watch: KeyWatch): Verdict[] {
  const open = watch.recent.filter(({ minute }) => minute > watch.baseline.closed);
  const requests = open.reduce((sum, count) => sum + count.requests, 0);
  const last = open.pop();
  if (last === undefined || (requests < baselineSettings.min_events && watch.baseline.episode === null)) return [];
  let ahead = open.length === 0 ? watch.baseline : structuredClone(watch.baseline);
  const verdicts: Verdict[] = [];
  for (const { minute, requests } of open) {
    const step = advance(ahead, minute, requests);
    ahead = step.state;
    verdicts.push(step.verdict);
  }
  verdicts.push(scoreOpenMinute(ahead, last.minute, last.requests));
  return verdicts.filter(({ spike }) => spike);
}

function forgetOld(watch: KeyWatch, latest: number): void {
  const kept = watch.recent.filter(({ minute }) => minute > latest - RECENT_MINUTES || minute > watch.baseline.closed);
  const oldest = kept[0]?.minute ?? latest;
  for (const { minute, requests, denied } of watch.recent) {
    if (minute >= oldest) break;
    watch.prior.requests = watch.prior.requests * DECAY + requests;
    watch.prior.denied = watch.prior.denied * DECAY + denied;
  }
  watch.recent = kept;
}
