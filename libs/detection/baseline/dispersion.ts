import { mod, WINDOWS, type BaselineState } from './state.js';

/** Before anything is known counts scatter by a third beyond chance (1/k = 0.1), worth this many windows of evidence. */
const PRIOR = { dispersion: 0.1, windows: 30 };
/** No model is better than this: 5 %. */
const LEAST = 0.0025;
const MOST = 50;
const DAY = 24 * 60;

/** 1/k of the sums over `WINDOWS[index]` minutes. */
export function dispersionOf(state: BaselineState, index: number): number {
  const mean = state.overall * WINDOWS[index]!;
  const weight = Math.max(PRIOR.windows * mean * mean, 1e-9);
  const dispersion = (state.variance[index]! + PRIOR.dispersion * weight) / (state.squares[index]! + weight);
  return Math.min(MOST, Math.max(LEAST, dispersion));
}

/**
 * Learns how much counts scatter, from windows one minute apart: so they begin at every minute of the hour in turn, as those that are
 * judged do, and not only on the hour, where a rhythm hides. What stands out further than an alarm counts as an alarm, no more:
 * one attack hardly dulls the key, the same burst every day does.
 */
export function learnDispersion(state: BaselineState, minute: number, seen: number, expected: number, threshold: number): void {
  for (let index = 0; index < WINDOWS.length; index += 1) {
    const length = WINDOWS[index]!;
    const place = length === 1 ? 0 : mod(minute, length + 1);
    if (place === length) continue;
    state.open_seen[index]! += seen;
    state.open_expected[index]! += expected;
    if (place !== length - 1) continue;
    const m = state.open_expected[index]!;
    const distance = state.open_seen[index]! - m;
    const most = threshold * threshold * (m + dispersionOf(state, index) * m * m);
    state.variance[index]! += Math.min(distance * distance, most) - m;
    state.squares[index]! += m * m;
    state.open_seen[index] = 0;
    state.open_expected[index] = 0;
  }
}

/** Once an hour: half is forgotten in a fortnight, by young keys in a quarter of their life, since their first guesses were wild. */
export function forgetDispersion(state: BaselineState, minute: number): void {
  const half = Math.min(14 * DAY, Math.max(DAY, (minute - state.started) / 4));
  const keep = 0.5 ** (60 / half);
  for (let index = 0; index < WINDOWS.length; index += 1) {
    state.variance[index]! *= keep;
    state.squares[index]! *= keep;
  }
}

/** Leaves the open windows out: what was expected in them was not worth learning from. */
export function skipDispersion(state: BaselineState): void {
  state.open_seen.fill(0);
  state.open_expected.fill(0);
}
