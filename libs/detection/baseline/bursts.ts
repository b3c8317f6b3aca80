import { mod, type BaselineState } from './state.js';

/** Requests are in a burst that are above so many times the most that is normal for their minute. */
const TIMES = 3;
/** From this share of its requests on, bursts are what a key does; and from so many bursts on, with a month as half-life. */
const HABIT = { share: 0.25, times: 3 };
/** Minutes without a burst that end one. */
const APART = 10;
const KEEP_AN_HOUR = 0.5 ** (1 / (4 * 168));

/**
 * Whether bursts at any time are what the key does, as of somebody's tool, or a batch: then they are learnt in full, for it has hardly any other
 * traffic to be measured by. Three attacks on a key that is used evenly make no such share of it.
 */
export const isBursty = ({ bursts }: BaselineState): boolean => bursts[2] >= HABIT.times && bursts[1] > HABIT.share * bursts[0];

/** Notes a minute. `upper`: the most that is normal. */
export function noteBurst(state: BaselineState, minute: number, requests: number, upper: number): void {
  const { bursts } = state;
  bursts[0] += requests;
  const above = requests - 1 - TIMES * upper;
  if (above <= 0) return;
  bursts[1] += above;
  let requestsBefore = 0;
  for (let back = 1; back <= APART; back += 1) {
    const slot = mod(minute - back, 60);
    requestsBefore = Math.max(requestsBefore, state.recent[slot]! - TIMES * state.recent_expected[slot]!);
  }
  if (requestsBefore <= 1) bursts[2] += 1;
}

export function forgetBursts({ bursts }: BaselineState, hours = 1): void {
  const keep = hours === 1 ? KEEP_AN_HOUR : KEEP_AN_HOUR ** hours;
  for (let index = 0; index < 3; index += 1) bursts[index] = Number((bursts[index]! * keep).toPrecision(4));
}
