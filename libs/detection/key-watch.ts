import {
  advance, baselineSettings, closeKeyMinute, emptyKeyBaseline, emptyShares, readBaseline, readShares, scoreOpenMinute, type Alarm, type BaselineState,
  type Shares, type Verdict,
} from './baseline/index.js';
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
  /** Calls that failed on the side of the service. */
  errors: number;
}

/** What is remembered of a key between ticks; JSON, a few kB. Minutes are epoch minutes of the requests' own clock. */
export interface KeyWatch {
  baseline: BaselineState;
  /** How the key's calls go, up to the same minute. */
  shares: Shares;
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
  /** What else is unusual: too few requests, too many errors, too many denied calls. Oldest first. */
  alarms: Alarm[];
}

export function newKeyWatch(activity: readonly CallerActivity[]): KeyWatch {
  const first = activity.reduce((earliest, group) => Math.min(earliest, group.first_time), Infinity);
  const { rate, shares } = emptyKeyBaseline(Math.floor(first / 60_000));
  return { baseline: rate, shares, first_seen: first, recent: [], prior: { requests: 0, denied: 0 } };
}

/** A stored watch, also of an older version, which knows less. Undefined when it cannot be read: then the key begins anew. */
export function readKeyWatch(stored: unknown): KeyWatch | undefined {
  const watch = stored as KeyWatch | null;
  if (typeof watch !== 'object' || watch === null || !Array.isArray(watch.recent) || typeof watch.prior !== 'object') return undefined;
  const baseline = readBaseline(watch.baseline);
  if (baseline === undefined) return undefined;
  return {
    ...watch, baseline, shares: readShares(watch.shares) ?? emptyShares(baseline.closed + 1),
    recent: watch.recent.map((count) => ({ ...count, errors: (count as Partial<MinuteCount>).errors ?? 0 })),
  };
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
  const alarms: Alarm[] = [];
  for (const count of watch.recent) {
    const { minute } = count;
    if (minute <= watch.baseline.closed || minute > latest - OPEN_MINUTES) continue;
    const closed = closeKeyMinute({ rate: watch.baseline, shares: watch.shares }, minute, count);
    watch.baseline = closed.baseline.rate;
    watch.shares = closed.baseline.shares;
    if (closed.verdict.spike) spikes.push(closed.verdict);
    alarms.push(...closed.alarms.filter(({ kind }) => kind !== 'spike'));
  }
  spikes.push(...judgeOpen(watch));
  alarms.push(...judgeOpenShares(watch));
  forgetOld(watch, latest);
  return { watch, spikes, alarms };
}

function addMinutes(watch: KeyWatch, activity: readonly CallerActivity[]): void {
  const byMinute = new Map(watch.recent.map((count) => [count.minute, count]));
  for (const group of activity) {
    const { minute, requests } = group;
    const count = byMinute.get(minute) ?? { minute, requests: 0, denied: 0, errors: 0 };
    count.requests += requests;
    if (group.outcome === 'error') count.errors += requests;
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

/** The same for how calls go. */
function judgeOpenShares({ baseline, shares, recent }: KeyWatch): Alarm[] {
  const open = recent.filter(({ minute }) => minute > baseline.closed);
  const wrong = open.reduce((sum, { errors, denied }) => sum + errors + denied, 0);
  if (wrong === 0) return [];
  let ahead = structuredClone({ rate: baseline, shares });
  const alarms: Alarm[] = [];
  for (const count of open) {
    const judged = closeKeyMinute(ahead, count.minute, count);
    ahead = judged.baseline;
    alarms.push(...judged.alarms.filter(({ kind }) => kind === 'errors' || kind === 'denied'));
  }
  return alarms;
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
