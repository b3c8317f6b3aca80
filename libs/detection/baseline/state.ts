import { noExtremes, type Extremes } from './bar.js';
import type { Episode } from './verdict.js';

export const HOURS_OF_WEEK = 168;
/**
 * Sums are judged over so many minutes, the last of them the minute in question. Two minutes make a tenfold rise of a key with one
 * request a minute certain before the third.
 */
export const WINDOWS = [1, 2, 5, 15, 60] as const;
/** A key that was silent for so long starts anew: it is another key by now. */
export const FORGET_AFTER_MINUTES = 8 * 7 * 24 * 60;

/** Remainder that is never negative, so that minutes before 1970 have an hour too. */
export const mod = (value: number, by: number): number => ((value % by) + by) % by;

/** Three digits or so: what was expected of one minute need not be known better, and is written down often. */
export function rounded(value: number): number {
  const unit = value < 1 ? 1000 : value < 10 ? 100 : 10;
  return Math.round(value * unit) / unit;
}

/** What happened against what the profile said, decaying. Their ratio is a level. */
export interface Level { seen: number; expected: number }

/**
 * All that is remembered of one key's request rate; at most 4 kB as JSON. Minutes are epoch minutes, UTC.
 * What is added here is added to `memory/watch-record.ts`, too: a spec tells what is missing there.
 * The profile is `rates` by hour of week, freed of the level, times the shape of the hour.
 */
export interface BaselineState {
  version: 2;
  /** First minute of the history. */
  started: number;
  /** Last minute that was closed; `started - 1` before the first. */
  closed: number;
  /** Requests a minute by hour of week, and in how many weeks each was seen (a part of an hour counts in part). */
  rates: number[];
  weeks: number[];
  /** Mean of `rates` over the hours of a day, and how far hours of day and days of week lie apart: squared, relative. */
  overall: number;
  hour_spread: number;
  day_spread: number;
  /** 1/k of whole hours when the last hour was closed. */
  hour_scatter: number;
  /** Requests by minute of hour, decaying, and how far they lie apart beyond chance: squared, relative. */
  minutes: number[];
  minutes_mean: number;
  minute_spread: number;
  /** Squared errors, decaying, of taking the rate to change between the hours or on the hour. */
  misfit: { ramp: number; step: number };
  /** Slow (weeks) and brisk (hours of traffic). */
  level: Level;
  brisk: Level;
  /** Per window: sums of excess variance and of squared expectation; their ratio is 1/k. */
  variance: number[];
  squares: number[];
  /** The same of quiet hours, apart: see `Scatter`. */
  quiet_excess: number[];
  quiet_expected: number[];
  /** Open sums of the windows, as learnt and as expected. */
  open_seen: number[];
  open_expected: number[];
  /** The last 60 minutes at `minute % 60`: requests, and what was expected of them. */
  recent: number[];
  recent_expected: number[];
  /** The least that was still normal in each of them: drops are measured against it. */
  recent_least: number[];
  /** The hour that is open: minutes closed, requests that came, that may be learnt, and that the profile expected. */
  hour: { minutes: number; requests: number; seen: number; expected: number };
  /** Bursts that came at the same time of day before. At most 12. */
  habits: Habit[];
  /** While clocks may have changed: evidence of it, in nats (what came later comes earlier: more, less; the other way: more, less). Empty: turned. */
  clock?: number[] | null;
  episode: Episode | null;
  /** A stretch in which too little came. */
  drop: Episode | null;
  /** False once a drop lasted so long that the key is taken to have stopped; true again when it goes on. */
  drop_armed: boolean;
  /** Alarms of late; a week halves them. */
  unrest: number;
  /** Of the scores of spikes, and of drops. */
  extremes: Extremes;
  drop_extremes: Extremes;
  /** Decaying: requests, and those of them that came in bursts; each burst counts once in the third. */
  bursts: [all: number, within: number, times: number];
}

/** A burst at a time of day, in slots of five minutes: how many requests above normal its highest minute held, and on how many days. */
export interface Habit { slot: number; size: number; days: number; last_day: number }

/** A key of which nothing is known before `startMinute`. */
export function emptyBaseline(startMinute: number): BaselineState {
  const zeros = (length: number): number[] => new Array<number>(length).fill(0);
  return {
    version: 2, started: startMinute, closed: startMinute - 1,
    rates: zeros(HOURS_OF_WEEK), weeks: zeros(HOURS_OF_WEEK), overall: 0, hour_spread: 1, day_spread: 1, hour_scatter: 0,
    minutes: zeros(60), minutes_mean: 0, minute_spread: 0,
    misfit: { ramp: 0, step: 0 },
    level: { seen: 0, expected: 0 }, brisk: { seen: 0, expected: 0 },
    variance: zeros(WINDOWS.length), squares: zeros(WINDOWS.length),
    open_seen: zeros(WINDOWS.length), open_expected: zeros(WINDOWS.length), quiet_excess: zeros(WINDOWS.length), quiet_expected: zeros(WINDOWS.length),
    recent: zeros(60), recent_expected: zeros(60), recent_least: zeros(60),
    hour: { minutes: 0, requests: 0, seen: 0, expected: 0 }, habits: [], clock: null, episode: null, drop: null, drop_armed: true, unrest: 0, extremes: noExtremes(), drop_extremes: noExtremes(), bursts: [0, 0, 0],
  };
}

/** Judged by. `threshold`: standard deviations; 5.2 is a chance of 1e-7 a test. */
export interface BaselineSettings {
  threshold: number;
  /** An episode goes on while the score stays above this. */
  hold: number;
  min_events: number;
  min_ratio: number;
  /** Minutes of own history before anything is judged. */
  min_history: number;
  /** Normal minutes that end an episode. */
  lull_minutes: number;
  drop: DropSettings;
}

export interface DropSettings {
  /** Minutes of own history before silence is judged: nights have to be known first. */
  min_history: number;
  /** Shorter windows count only when next to nothing came, a share of what is the least, and above a higher threshold. */
  whole_window: number;
  silent_share: number;
  silent_threshold: number;
  /** A drop that lasts longer is taken for a key that stopped. */
  longest: number;
}

export const baselineSettings: BaselineSettings = {
  threshold: 5.2, hold: 3, min_events: 5, min_ratio: 1.3, min_history: 60, lull_minutes: 10,
  drop: { min_history: 24 * 60, whole_window: 15, silent_share: 0.1, silent_threshold: 6, longest: 24 * 60 },
};

/** A stored state as it is used now. What an older version did not keep begins as if nothing was known; anything else is undefined. */
export function readBaseline(stored: unknown): BaselineState | undefined {
  const state = stored as { version?: unknown } & Omit<BaselineState, 'version'> | null;
  if (typeof state !== 'object' || state === null) return undefined;
  const fresh = emptyBaseline(0);
  if (state.version !== 1 && state.version !== 2) return undefined;
  const read = { ...fresh, ...state, version: 2 } as BaselineState;
  // An older state knew no least: for an hour no drop is told.
  if (state.version === 1 && Array.isArray(read.recent_expected)) read.recent_least = read.recent_expected.map(() => 0);
  return isWhole(read, fresh) ? read : undefined;
}

function isWhole(state: BaselineState, like: BaselineState): boolean {
  if (!Number.isSafeInteger(state.started) || !Number.isSafeInteger(state.closed)) return false;
  return (['rates', 'weeks', 'minutes', 'variance', 'squares', 'open_seen', 'open_expected', 'recent', 'recent_expected', 'recent_least', 'extremes', 'quiet_excess', 'quiet_expected', 'drop_extremes', 'bursts'] as const)
    .every((name) => Array.isArray(state[name]) && state[name].length === like[name].length && state[name].every(Number.isFinite));
}
