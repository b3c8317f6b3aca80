import { closeExtremes, leniency, noExtremes, noteScore, type Extremes } from './bar.js';
import { signedDeviance } from './deviance.js';
import { dispersionOf, scatterOf, forgetDispersion, learnDispersion, type Scatter } from './dispersion.js';
import { follow, isUnusual, onsetOf } from './episode.js';
import { KEEP_AN_HOUR } from './learn.js';
import { mod, WINDOWS, type BaselineSettings } from './state.js';
import type { Alarm, AlarmKind, Episode } from './verdict.js';
import { walkWindows } from './window-walk.js';

/** What a key is believed to do before anything is known of it: 1 call in 50 goes wrong. */
const BELIEF = { calls: 50, events: 1 };
/** The share of a key is never known better than this (squared): 20 %. */
const LEAST_DOUBT = 0.04;
const MIN_RATIO = 2;
/** Of keys with hardly an event a single one must not pass for scatter: the belief about it is worth two of them at once. */
const RARE = 4;

/**
 * Which share of a key's calls goes wrong in one way, by what was usual: as many events a minute as it has calls, times the usual share. How
 * far the events of 1 to 60 minutes scatter around that is learnt like the scatter of requests.
 */
export interface ShareState extends Scatter {
  /** Calls, and events among them; a week halves both. */
  usual: { calls: number; events: number };
  /** Events of the open hour, and of the last 60 minutes at `minute % 60`. */
  hour: { calls: number; events: number };
  recent: number[];
  episode: Episode | null;
  /** As of the rate. */
  unrest: number;
  extremes: Extremes;
}

export function emptyShare(startMinute: number): ShareState {
  const zeros = (length: number): number[] => new Array<number>(length).fill(0);
  return {
    started: startMinute, overall: 0, usual: { calls: 0, events: 0 }, hour: { calls: 0, events: 0 },
    variance: zeros(WINDOWS.length), squares: zeros(WINDOWS.length), open_seen: zeros(WINDOWS.length), open_expected: zeros(WINDOWS.length), quiet_excess: zeros(WINDOWS.length), quiet_expected: zeros(WINDOWS.length),
    recent: zeros(60), episode: null, unrest: 0, extremes: noExtremes(),
  };
}

/** The usual share of calls that go wrong. */
export const shareOf = ({ usual }: ShareState): number => (usual.events + BELIEF.events) / (usual.calls + BELIEF.calls);

interface Judged { alarm: Alarm | null; episode: Episode | null; score: number }

/**
 * Judges the last minutes, up to and with the given one, which had `events` among its `calls`. `calls` of the minutes before are in
 * `recentCalls`. `explained(windowMinutes)`: events that another alarm accounts for. Changes nothing.
 */
export function judgeShare(
  kind: AlarmKind, state: ShareState, minute: number, calls: number, events: number, recentCalls: readonly number[],
  settings: BaselineSettings, explained: (windowMinutes: number) => number = () => 0,
): Judged {
  if (minute - state.started < settings.min_history || (events === 0 && state.episode === null)) return { alarm: null, episode: state.episode, score: 0 };
  const share = shareOf(state);
  const doubt = LEAST_DOUBT + 1 / (state.usual.events + BELIEF.events);
  const worst = { window_minutes: 1, seen: events, expected: share * calls, score: 0 };
  let seen = events;
  let tried = calls;
  let squares = calls * calls;
  let goingOn = false;
  walkWindows(minute, Infinity, (slot) => {
    seen += state.recent[slot]!;
    tried += recentCalls[slot]!;
    squares += recentCalls[slot]! ** 2;
  }, (length, index) => {
    const expected = share * tried;
    if (length === 5) goingOn = seen > 0 && seen > 1.15 * expected;
    if (seen < settings.min_events || seen < MIN_RATIO * expected) return;
    const own = seen - explained(length);
    if (own < settings.min_events || own < MIN_RATIO * expected) return;
    // Calls that come all in a few minutes of the window scatter like those minutes.
    const scatter = Math.max(scatterOf(state, index, expected, RARE), dispersionOf(state, 0, RARE) * squares / (tried * tried));
    const score = signedDeviance(own, expected, 1 / (scatter + doubt));
    if (score > worst.score) Object.assign(worst, { window_minutes: length, seen: own, expected, score });
  });
  const unusual = isUnusual(worst.score, goingOn, state.episode, state, settings);
  const onset = (): number => onsetOf(state.started, minute, (at) => state.recent[at]! - MIN_RATIO * share * recentCalls[at]!);
  const episode = follow(state.episode, minute, worst.score, unusual, onset, settings.lull_minutes);
  if (!unusual || episode === null) return { alarm: null, episode, score: worst.score };
  return { alarm: { kind, minute, ...worst, begins: state.episode === null, episode }, episode, score: worst.score };
}

/** Learns a minute that was judged; in an episode no more than twice what is usual. */
export function learnShare(state: ShareState, minute: number, calls: number, events: number, judged: Judged, settings: BaselineSettings): void {
  if (state.episode === null) noteScore(state.extremes, judged.score, judged.alarm !== null, state.unrest);
  if (judged.alarm?.begins === true) state.unrest += 1;
  const on = judged.episode !== null && judged.episode.ended_at === null;
  state.recent[mod(minute, 60)] = events;
  if (judged.episode !== null && !on) calmShare(state);
  state.episode = on ? judged.episode : null;
  const expected = shareOf(state) * calls;
  const learnt = on ? Math.min(events, (2 * expected + Math.sqrt(expected)) * leniency(state.unrest)) : events;
  if (minute - state.started >= settings.min_history) learnDispersion(state, minute, learnt, expected, settings.threshold);
  state.hour.calls += calls;
  state.hour.events += learnt;
  if (mod(minute, 60) === 59) closeShareHours(state, minute, 1);
}

/** Ends the open hour; `hours` have passed since the last one ended. */
export function closeShareHours(state: ShareState, minute: number, hours: number): void {
  const keep = KEEP_AN_HOUR ** hours;
  const { usual, hour } = state;
  usual.calls = short(usual.calls * keep + hour.calls);
  usual.events = short(usual.events * keep + hour.events);
  state.unrest = short(state.unrest * keep);
  closeExtremes(state.extremes, hours);
  state.hour = { calls: 0, events: 0 };
  const lived = Math.max(60, Math.min(minute - state.started + 1, 60 * 24 * 7 * 1.44));
  state.overall = short(usual.events / lived);
  forgetDispersion(state, minute);
  for (let index = 0; index < WINDOWS.length; index += 1) {
    state.variance[index] = short(state.variance[index]!);
    state.squares[index] = short(state.squares[index]!);
    state.quiet_excess[index] = short(state.quiet_excess[index]!);
    state.quiet_expected[index] = short(state.quiet_expected[index]!);
  }
}

/** What an ended episode brought is not found again by a longer window. */
const calmShare = (state: ShareState): void => void state.recent.fill(0);

const short = (value: number): number => Number(value.toPrecision(6));
