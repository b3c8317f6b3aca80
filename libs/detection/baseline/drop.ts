import { signedDeviance } from './deviance.js';
import { dispersionOf, scatterOf } from './dispersion.js';
import { leniency } from './bar.js';
import { follow, isUnusual, onsetOf } from './episode.js';
import { expectationAt, levelOf, outlookAt, shapeDoubt, timingWithin, type Expectation } from './expected.js';
import { WINDOWS, type BaselineSettings, type BaselineState } from './state.js';
import type { Alarm, Episode } from './verdict.js';
import { walkWindows } from './window-walk.js';

/** Below this many expected in an hour even silence is chance (5.2 standard deviations of a Poisson count need 16). */
export const LEAST_EXPECTED = 12;

interface Low { window_minutes: number; seen: number; expected: number; score: number; lacking: boolean }

/**
 * Judges whether too little came, by the minute in question and those before it. Returns the alarm of this minute, if it is one, the
 * episode after it, and the score. Changes nothing.
 */
export function judgeDrop(
  state: BaselineState, minute: number, requests: number, expected: Expectation, settings: BaselineSettings,
): { alarm: Alarm | null; episode: Episode | null; score: number } {
  const { drop } = state;
  if (minute - state.started < settings.drop.min_history || !state.drop_armed) return { alarm: null, episode: null, score: 0 };
  if (drop === null && requests >= expected.least && requests > 0) return { alarm: null, episode: null, score: 0 };
  const low = lowest(state, minute, requests, expected, settings);
  const unusual = isUnusual(low.score, low.lacking, drop, { unrest: state.unrest, extremes: state.drop_extremes }, settings);
  const onset = (): number => onsetOf(state.started, minute, (slot) => state.recent_least[slot]! / settings.min_ratio - state.recent[slot]!);
  const episode = follow(drop, minute, low.score, unusual, onset, settings.lull_minutes);
  if (episode === null || !unusual) return { alarm: null, episode, score: low.score };
  const { window_minutes, seen, expected: usual, score } = low;
  return { alarm: { kind: 'drop', minute, window_minutes, seen, expected: usual, score, begins: drop === null, episode }, episode, score };
}

/** The window that lacks most. */
function lowest(state: BaselineState, minute: number, requests: number, expected: Expectation, settings: BaselineSettings): Low {
  const { whole_window, silent_share, silent_threshold, min_history } = settings.drop;
  const worst: Low = { window_minutes: 1, seen: requests, expected: expected.least, score: 0, lacking: false };
  const history = minute - state.started - min_history + 1;
  let seen = requests;
  let usual = expected.least;
  walkWindows(minute, history, (slot) => {
    seen += state.recent[slot]!;
    usual += state.recent_least[slot]!;
  }, (length, index) => {
    if (length === whole_window) worst.lacking = seen < 0.85 * usual;
    // A minute without logs is a gateway that ships them late, or starts anew.
    if (length === 1 || seen * settings.min_ratio > usual || usual < LEAST_EXPECTED / 2) return;
    const isShort = length < whole_window;
    const least = usual - timingWithin(state, minute, length, expected);
    if (seen * settings.min_ratio > least || least < LEAST_EXPECTED / 2 || (isShort && seen > silent_share * least)) return;
    const spread = scatterOf(state, index, least) + expected.doubt + shapeDoubt(state, minute, length);
    const score = -signedDeviance(seen, least, 1 / spread) - (isShort ? silent_threshold - settings.threshold : 0);
    if (score > worst.score) Object.assign(worst, { window_minutes: length, seen, expected: least, score });
  });
  return worst;
}

/** What a minute may teach while too little comes: never less than half of the least that is normal. */
export const clippedLow = (requests: number, { least }: Expectation, unrest: number): number => Math.max(requests, least / 2 / leniency(unrest));

/** After a minute: a drop that lasts too long is a key that stopped, and it is told of again only after it went on. */
export function settleDrop(state: BaselineState, minute: number, requests: number, least: number, settings: BaselineSettings): void {
  if (state.drop !== null && minute - state.drop.started_at >= settings.drop.longest) {
    state.drop = null;
    state.drop_armed = false;
  } else if (!state.drop_armed && requests > 0 && requests >= least / 2) {
    state.drop_armed = true;
    state.recent_least.fill(0);
  }
}

/**
 * Whether an hour without requests, the first minute of which is given, could be a drop. Says yes too often rather than too seldom: it decides
 * whether the hour is closed minute by minute.
 */
export function couldDrop(state: BaselineState, minute: number, settings: BaselineSettings): boolean {
  if (!state.drop_armed || minute + 59 - state.started < settings.drop.min_history || state.overall <= 0) return false;
  let before = 0;
  for (const least of state.recent_least) before += least;
  let hour = 0;
  for (const half of [0, 30]) hour += 30 * rateAt(state, minute + half);
  const usual = before + hour;
  if (usual < LEAST_EXPECTED) return false;
  const { doubt } = expectationAt(state, minute);
  // Sums of an hour scatter least, in shares; two hours are more than any window sees.
  let least = Infinity;
  for (let index = 0; index < WINDOWS.length; index += 1) least = Math.min(least, dispersionOf(state, index));
  return -signedDeviance(0, usual, 1 / (least + doubt)) >= settings.threshold;
}

/** Whether any hour of the week is busy enough for silence to say something. */
export function everCouldDrop(state: BaselineState): boolean {
  let most = state.overall;
  for (const rate of state.rates) if (rate > most) most = rate;
  return 120 * levelOf(state) * most >= LEAST_EXPECTED;
}

/** The least expected a minute, but for the shape of the hour. */
export function rateAt(state: BaselineState, minute: number): number {
  const { own, neighbour, level } = outlookAt(state, minute);
  return level * Math.max(own.rate, neighbour.rate);
}
