import { dispersionOf } from './dispersion.js';
import type { Estimate } from './hours.js';
import { HOURS_OF_WEEK, mod, WINDOWS, type BaselineState } from './state.js';

const DAY = 24 * 60;
/**
 * Sundays on which clocks change somewhere, [month from 0, first and last day]: North America, Europe and the Near East, Australia and New
 * Zealand, Chile.
 */
const SUNDAYS = [[2, 8, 14], [2, 25, 31], [3, 1, 7], [8, 2, 8], [8, 24, 30], [9, 1, 7], [9, 25, 31], [10, 1, 7]] as const;
/** Hours say at most so much, in nats, one or many: what a holiday told is taken back by the next edge that is where it was. */
const MOST = 6;
const ENOUGH = 5;
const LEAST_DOUBT = 0.01;
const HOUR_WINDOW = WINDOWS.length - 1;

let known = { day: NaN, may: false };

/**
 * Whether clocks may just have changed where a key is used: from the Friday before such a Sunday to the Friday after. People keep to local
 * time and the profile to UTC, so then every hour may look like the one before or after it.
 */
export function clocksMayHaveChanged(minute: number): boolean {
  const day = Math.floor(minute / DAY);
  if (known.day === day) return known.may;
  const sinceFriday = mod(day - 1, 7);
  const may = isChange(day - sinceFriday + 2) || (sinceFriday === 0 && isChange(day - 5));
  known = { day, may };
  return may;
}

function isChange(sunday: number): boolean {
  const date = new Date(sunday * DAY * 60_000);
  return SUNDAYS.some(([month, first, last]) => date.getUTCMonth() === month && date.getUTCDate() >= first && date.getUTCDate() <= last);
}

/**
 * Weighs an hour of the days in which clocks may have changed: does the key now do what it did an hour later, or earlier?
 */
export function weighClock(state: BaselineState, requests: number, level: number, before: Estimate, own: Estimate, after: Estimate): void {
  const evidence = state.clock ??= [0, 0, 0, 0];
  if (evidence.length === 0) return;
  const k = 1 / (dispersionOf(state, HOUR_WINDOW) + own.doubt + LEAST_DOUBT);
  const usual = likelihood(requests, 60 * level * own.rate, k);
  [after, before].forEach((other, direction) => {
    if (!isEdge(own, other)) return;
    const told = Math.max(-MOST, Math.min(MOST, likelihood(requests, 60 * level * other.rate, k) - usual));
    const place = 2 * direction + (other.rate > own.rate ? 0 : 1);
    evidence[place] = Math.round(100 * Math.max(0, Math.min(MOST, evidence[place]! + told))) / 100;
  });
}

/** Whether two hours differ for sure, and by much: of hours alike, chance alone would tell. */
export const isEdge = (one: Estimate, other: Estimate): boolean => {
  const distance = (one.rate - other.rate) ** 2;
  return Math.max(one.rate, other.rate) > 1.5 * Math.min(one.rate, other.rate)
    && distance > 9 * (one.doubt * one.rate ** 2 + other.doubt * other.rate ** 2);
};

/** Negative-binomial, but for what does not depend on the mean. */
const likelihood = (seen: number, mean: number, k: number): number => {
  const m = Math.max(mean, 1e-6);
  return seen * Math.log(m / (m + k)) - k * Math.log1p(m / k);
};

/**
 * Turns the profile by an hour once hours in which more and hours in which less came than it says both tell so: a holiday or an attack
 * shows one of them only.
 */
export function turnClock(state: BaselineState): void {
  const { rates, weeks, clock } = state;
  if (!clock?.length) return;
  const [earlier, later] = [Math.min(clock[0]!, clock[1]!), Math.min(clock[2]!, clock[3]!)];
  if (Math.max(earlier, later) < ENOUGH) return;
  const by = earlier > later ? 1 : -1;
  state.rates = rates.map((_, bin) => rates[mod(bin + by, HOURS_OF_WEEK)]!);
  state.weeks = weeks.map((_, bin) => weeks[mod(bin + by, HOURS_OF_WEEK)]!);
  state.clock = [];
}
