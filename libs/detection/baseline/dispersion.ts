import { mod, WINDOWS } from './state.js';

/** Before anything is known counts scatter by a third beyond chance (1/k = 0.1), worth this many windows of evidence. */
const PRIOR = { dispersion: 0.1, windows: 30 };
/** No model is better than this: 5 %. */
const LEAST = 0.0025;
const MOST = 50;
/**
 * By window of `WINDOWS`: in every so many minutes as many windows are looked at as have room, and the rest is left out. Nothing divides
 * both these and 60, so that windows begin at every minute of the hour in turn, as those that are judged do.
 */
const CYCLES = [1, 7, 11, 31, 61] as const;
/** Hours are quiet below this share of the mean; until so many events were expected in them they are believed to scatter by chance alone. */
const QUIET = 0.5;
const QUIET_BELIEF = 5;
const DAY = 24 * 60;
const KEEP_AT_MOST = 0.5 ** (60 / (14 * DAY));

/** How far counts lie from what is expected of them: by window of `WINDOWS`, sums of excess variance and of squared expectation. */
export interface Scatter {
  started: number;
  /** Mean a minute. */
  overall: number;
  variance: number[];
  squares: number[];
  open_seen: number[];
  open_expected: number[];
  /** By window, of those in which less than half of the mean was expected: sums of excess variance and of expectation. */
  quiet_excess: number[];
  quiet_expected: number[];
}

/** 1/k of the sums over `WINDOWS[index]` minutes. `leastWeight`: of the belief, in squared events, where they are so rare that one says next to nothing. */
export function dispersionOf(state: Scatter, index: number, leastWeight = 1e-9): number {
  const mean = state.overall * WINDOWS[index]!;
  const weight = Math.max(PRIOR.windows * mean * mean, leastWeight);
  const dispersion = (state.variance[index]! + PRIOR.dispersion * weight) / (state.squares[index]! + weight);
  return Math.min(MOST, Math.max(LEAST, dispersion));
}

/**
 * 1/k of a sum of which `expected` is expected. Calls that come in bundles scatter like the size of a bundle, however few bundles there are; hence in
 * quiet hours more, in shares, than in busy ones.
 */
export function scatterOf(state: Scatter, index: number, expected: number, leastWeight?: number): number {
  const overall = dispersionOf(state, index, leastWeight);
  if (expected >= QUIET * state.overall * WINDOWS[index]!) return overall;
  const bundle = state.quiet_excess[index]! / (state.quiet_expected[index]! + QUIET_BELIEF);
  return bundle <= 0 ? overall : Math.max(overall, Math.min(MOST, bundle / Math.max(expected, 1e-9)));
}

/** How many minutes of the open window came before a minute; -1 when no window is open in it. */
function placeIn(index: number, minute: number): number {
  const length = WINDOWS[index]!;
  if (length === 1) return 0;
  const place = mod(minute, CYCLES[index]!);
  return CYCLES[index]! - place <= CYCLES[index]! % length ? -1 : place % length;
}

/**
 * Learns how much counts scatter. What stands out further than an alarm counts as an alarm, no more:
 * one attack hardly dulls the key, the same burst every day does.
 */
export function learnDispersion(state: Scatter, minute: number, seen: number, expected: number, threshold: number): void {
  for (let index = 0; index < WINDOWS.length; index += 1) {
    const length = WINDOWS[index]!;
    const place = placeIn(index, minute);
    if (place < 0) continue;
    state.open_seen[index]! += seen;
    state.open_expected[index]! += expected;
    if (place !== length - 1) continue;
    const m = state.open_expected[index]!;
    const distance = state.open_seen[index]! - m;
    const most = threshold * threshold * (m + scatterOf(state, index, m) * m * m);
    note(state, index, m, m * m, Math.min(distance * distance, most) - m);
    state.open_seen[index] = 0;
    state.open_expected[index] = 0;
  }
}

/**
 * What an hour without requests teaches, of which `mean` requests a minute were expected, `meanBefore` in the hour before: all windows that
 * end in it at once. `minuteSquare`: mean square of what was expected of its minutes; `rhythm`: mean square of the shape of the hour.
 */
export function learnSilentHour(
  state: Scatter, mean: number, meanBefore: number, minuteSquare: number, rhythm: number, threshold: number,
): void {
  for (let index = 0; index < WINDOWS.length; index += 1) {
    const length = WINDOWS[index]!;
    const windows = 60 * Math.floor(CYCLES[index]! / length) / CYCLES[index]!;
    // The longest lie across two hours, at every place in turn.
    const whole = length === 60;
    const m = whole ? 30 * (mean + meanBefore) : length * mean;
    const square = whole ? 1200 * (mean * mean + mean * meanBefore + meanBefore * meanBefore)
      : length * length * minuteSquare * (1 + (rhythm - 1) / length);
    const most = threshold * threshold * (m + dispersionOf(state, index) * square);
    note(state, index, windows * m, windows * square, windows * (Math.min(square, most) - m), windows);
  }
}

/** Ends the windows that are open at `minute`, of which `mean` requests a minute are expected and none come; null: as `skipDispersion`. */
export function settleWindows(state: Scatter, minute: number, mean: number | null, threshold: number): void {
  if (mean === null) return skipDispersion(state);
  for (let index = 1; index < WINDOWS.length; index += 1) {
    const length = WINDOWS[index]!;
    const place = placeIn(index, minute);
    if (state.open_seen[index] === 0 || place <= 0) continue;
    const m = state.open_expected[index]! + (length - place) * mean;
    const distance = state.open_seen[index]! - m;
    note(state, index, m, m * m, Math.min(distance * distance, threshold * threshold * (m + scatterOf(state, index, m) * m * m)) - m);
  }
}

/** Notes windows that have ended: sums of their expectation, of its square, and of the excess variance. */
function note(state: Scatter, index: number, expected: number, square: number, excess: number, windows = 1): void {
  state.variance[index]! += excess;
  state.squares[index]! += square;
  if (expected >= windows * QUIET * state.overall * WINDOWS[index]!) return;
  state.quiet_excess[index]! += excess;
  state.quiet_expected[index]! += expected;
}

/** Leaves windows open after `minute` as a silence with `mean` expected a minute does. */
export function openWindows(state: Scatter, minute: number, mean: number): void {
  for (let index = 0; index < WINDOWS.length; index += 1) {
    const length = WINDOWS[index]!;
    const place = placeIn(index, minute);
    state.open_seen[index] = 0;
    state.open_expected[index] = place >= 0 && place < length - 1 ? (place + 1) * mean : 0;
  }
}

/** Once an hour: half is forgotten in a fortnight, by young keys in a quarter of their life, since their first guesses were wild. */
export function forgetDispersion(state: Scatter, minute: number): void {
  const half = Math.min(14 * DAY, Math.max(DAY, (minute - state.started) / 4));
  const keep = half === 14 * DAY ? KEEP_AT_MOST : 0.5 ** (60 / half);
  for (let index = 0; index < WINDOWS.length; index += 1) {
    state.variance[index]! *= keep;
    state.squares[index]! *= keep;
    state.quiet_excess[index]! *= keep;
    state.quiet_expected[index]! *= keep;
  }
}

/** Leaves the open windows out: what was expected in them was not worth learning from. */
export function skipDispersion(state: Scatter): void {
  state.open_seen.fill(0);
  state.open_expected.fill(0);
}
