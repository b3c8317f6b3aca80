import { advance } from './advance.js';
import { isExtremes, noExtremes } from './bar.js';
import { learnDispersion } from './dispersion.js';
import { closeShareHours, emptyShare, judgeShare, learnShare, shareOf, type ShareState } from './share.js';
import { baselineSettings, emptyBaseline, FORGET_AFTER_MINUTES, mod, WINDOWS, type BaselineSettings, type BaselineState } from './state.js';
import type { Alarm, Verdict } from './verdict.js';

/** What one minute of a key held. */
export interface MinuteCounts { requests: number; errors: number; denied: number }

/** What is remembered of a key's rate and of how its calls go; at most 6 kB as JSON. */
export interface KeyBaseline {
  rate: BaselineState;
  shares: Shares;
}

export interface Shares {
  /** Last minute that was closed. */
  closed: number;
  /** Calls of the last 60 minutes at `minute % 60`. */
  calls: number[];
  errors: ShareState;
  denied: ShareState;
  /** Whether denied calls are known not to count among the errors. */
  apart: boolean;
}

/** A minute closed. */
export interface Judged {
  baseline: KeyBaseline;
  verdict: Verdict;
  /** Of all kinds, `spike` too; of drops also those of minutes left out, which come first. */
  alarms: Alarm[];
}

/** A key of which nothing is known before `startMinute`. */
export const emptyKeyBaseline = (startMinute: number): KeyBaseline => ({ rate: emptyBaseline(startMinute), shares: emptyShares(startMinute) });

export const emptyShares = (startMinute: number): Shares => ({
  closed: startMinute - 1, calls: new Array<number>(60).fill(0), errors: emptyShare(startMinute), denied: emptyShare(startMinute), apart: false,
});

/**
 * Closes an epoch minute of a key: judges its rate and its shares of errors and of denied calls, then learns them. As `advance`: minutes
 * left out were silent, what was closed before changes nothing, and the state is changed in place.
 */
export function closeKeyMinute(
  { rate, shares }: KeyBaseline, minute: number, counts: MinuteCounts, settings: BaselineSettings = baselineSettings,
): Judged {
  const before = rate.episode;
  const { state, verdict, drops: alarms } = advance(rate, minute, counts.requests, settings);
  if (verdict.spike) alarms.push(spikeOf(verdict, verdict.episode?.started_at !== before?.started_at));
  if (minute > shares.closed) {
    if (minute - shares.closed > FORGET_AFTER_MINUTES) shares = emptyShares(minute);
    skipShares(shares, minute - 1, settings);
    alarms.push(...closeShares(shares, minute, counts, settings));
  }
  return { baseline: { rate: state, shares }, verdict, alarms };
}

function closeShares(shares: Shares, minute: number, counts: MinuteCounts, settings: BaselineSettings): Alarm[] {
  const { errors, denied, calls } = shares;
  const wrong = count(counts.errors);
  const refused = count(counts.denied);
  const all = Math.max(count(counts.requests), wrong, refused);
  if (wrong < refused) shares.apart = true;
  const aboveUsual = Math.max(0, refused - shareOf(denied) * all);
  const byDenied = judgeShare('denied', denied, minute, all, refused, calls, settings);
  // Where denied calls count among the errors too, a burst of them is one story and not two.
  const explained = (length: number): number => (shares.apart ? 0 : aboveUsual + explainedBefore(shares, minute, length));
  const byErrors = judgeShare('errors', errors, minute, all, wrong, calls, settings, explained);
  learnShare(denied, minute, all, refused, byDenied, settings);
  learnShare(errors, minute, all, shares.apart ? wrong : Math.max(0, wrong - aboveUsual), byErrors, settings);
  errors.recent[mod(minute, 60)] = wrong;
  calls[mod(minute, 60)] = all;
  shares.closed = minute;
  return [byDenied.alarm, byErrors.alarm].filter((alarm) => alarm !== null);
}

/** Denied calls above the usual share in the minutes before, within a window. */
function explainedBefore({ denied, calls }: Shares, minute: number, length: number): number {
  const share = shareOf(denied);
  let sum = 0;
  for (let back = 1; back < length; back += 1) {
    const slot = mod(minute - back, 60);
    sum += denied.recent[slot]! - share * calls[slot]!;
  }
  return Math.max(0, sum);
}

/** Minutes without calls up to and with `last`. */
function skipShares(shares: Shares, last: number, settings: BaselineSettings): void {
  const gap = last - shares.closed;
  if (gap <= 0) return;
  const most = Math.min(gap, 61);
  for (let minute = last - most + 1; minute <= last; minute += 1) {
    shares.calls[mod(minute, 60)] = 0;
    for (const share of [shares.errors, shares.denied]) {
      share.recent[mod(minute, 60)] = 0;
      learnDispersion(share, minute, 0, 0, settings.threshold);
      if (share.episode !== null && minute - share.episode.last_high >= settings.lull_minutes) share.episode = null;
    }
  }
  const hours = Math.floor((last + 1) / 60) - Math.floor((shares.closed + 1) / 60);
  if (hours > 0) for (const share of [shares.errors, shares.denied]) closeShareHours(share, last, hours);
  shares.closed = last;
}

const spikeOf = ({ minute, window_minutes, seen, expected, score, episode }: Verdict, begins: boolean): Alarm =>
  ({ kind: 'spike', minute, window_minutes, seen, expected, score, begins, episode: episode! });

const count = (value: number): number => (value > 0 && Number.isFinite(value) ? value : 0);

/** Stored shares as they are used now; undefined when they cannot be read. */
export function readShares(stored: unknown): Shares | undefined {
  const shares = stored as Shares | null | undefined;
  if (typeof shares !== 'object' || shares === null || !Number.isSafeInteger(shares.closed)) return undefined;
  const isMinutes = (values: unknown): boolean => Array.isArray(values) && values.length === 60 && values.every(Number.isFinite);
  const isShare = (share: ShareState | undefined): boolean => share !== undefined && isMinutes(share.recent) && Number.isFinite(share.usual?.calls)
    && [share.variance, share.squares, share.open_seen, share.open_expected].every((values) => Array.isArray(values) && values.length === WINDOWS.length);
  if (!isMinutes(shares.calls) || !isShare(shares.errors) || !isShare(shares.denied)) return undefined;
  // What an older state did not know.
  for (const share of [shares.errors, shares.denied]) {
    if (!isExtremes(share.extremes)) share.extremes = noExtremes();
    if (!Array.isArray(share.quiet_excess)) Object.assign(share, { quiet_excess: WINDOWS.map(() => 0), quiet_expected: WINDOWS.map(() => 0) });
  }
  return shares;
}
