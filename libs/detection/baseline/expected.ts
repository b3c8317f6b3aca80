import { clocksMayHaveChanged } from './clock-change.js';
import { dispersionOf } from './dispersion.js';
import { habitAt } from './habits.js';
import { estimateHour, inflation, type Estimate } from './hours.js';
import { HOURS_OF_WEEK, mod, type BaselineState, type Level } from './state.js';

/** What one minute is expected to hold. */
export interface Expectation {
  /** What the profile says without a level: what the levels are measured against. */
  profile: number;
  mean: number;
  /** The mean if the rate changed between the hours, and if it changed on the hour. */
  ramp: number;
  step: number;
  /** A burst that comes at this time of day, if it comes. */
  habit: number;
  /**
   * The most that is still normal: ramp or step, slow or brisk level, whichever is higher, and the habit; while clocks
   * may have changed also those of an hour ago and an hour ahead. Spikes are measured against it.
   */
  upper: number;
  /** The least that is still normal, likewise. Drops are measured against it. */
  least: number;
  /** The mean of minutes of this hour, and the habit left out. */
  hourly: number;
  /** What comes beside a habit. */
  beside: number;
  /** Relative variance of the rate: how much of it is guesswork. */
  doubt: number;
}

/** What is left of a guess's doubt however much was seen lately: hours differ. */
const HOUR_TO_HOUR = 0.25;
/** A minute that has this much more than the mean of its hour is when a job comes. */
const LEAST_JOB = 0.5;
/** Hours, and minutes of the hour, that differ by as much as this (squared, relative) are those of jobs. */
const UNEVEN = 1;
/** The level is never known better than this (squared): 5 %. */
const LEVEL_DOUBT = 0.0025;

/** What the profile says of an hour and of the one it is nearer to. Stays true for half an hour: until the next half, or hour, begins. */
export interface Outlook {
  own: Estimate;
  neighbour: Estimate;
  level: number;
  /** While clocks may have changed and the profile is not turned, or when a job straddles the full hour: the most of this hour, the one before and the one after. Otherwise 0. */
  around: number;
  /** The least of the three; infinite at other times. */
  aroundLeast: number;
  /** Whether this hour of the week was seen before. */
  isKnown: boolean;
  clocksMayDiffer: boolean;
  /** Whether jobs may run in some hours only: then the shape of the hour, which is one for all of them, says little of any. */
  isUneven: boolean;
}

export function outlookAt(state: BaselineState, minute: number): Outlook {
  const hour = Math.floor(minute / 60);
  const estimate = (by: number): Estimate => estimateHour(state, mod(hour + by, HOURS_OF_WEEK));
  const side = mod(minute, 60) < 30 ? -1 : 1;
  const own = estimate(0);
  const neighbour = estimate(side);
  const clocksMayDiffer = clocksMayHaveChanged(minute);
  const inDoubt = (clocksMayDiffer && state.clock?.length !== 0) || straddlesHour(state);
  const other = inDoubt ? estimate(-side).rate : 0;
  const around = inDoubt ? Math.max(own.rate, neighbour.rate, other) : 0;
  const aroundLeast = inDoubt ? Math.min(own.rate, neighbour.rate, other) : Infinity;
  return {
    own, neighbour, level: levelOf(state), around, aroundLeast, isKnown: state.weeks[mod(hour, HOURS_OF_WEEK)]! >= 0.5, clocksMayDiffer,
    isUneven: state.hour_spread > UNEVEN && state.minute_spread > UNEVEN,
  };
}

export function expectationAt(state: BaselineState, minute: number, outlook = outlookAt(state, minute)): Expectation {
  const { own, neighbour, level, around, aroundLeast, isKnown, clocksMayDiffer, isUneven } = outlook;
  const minuteOfHour = mod(minute, 60);
  const nearness = Math.abs(minuteOfHour + 0.5 - 30) / 60;
  const between = own.rate * (1 - nearness) + neighbour.rate * nearness;
  const shape = shapeAt(state, minuteOfHour);
  const belief = 1 / own.doubt;
  const lately = evidence(state);
  const brisk = (belief + lately.seen) / (belief + lately.expected * level);
  const habit = !clocksMayDiffer ? habitAt(state, minute)
    : Math.max(habitAt(state, minute - 60), habitAt(state, minute), habitAt(state, minute + 60));
  const rate = state.misfit.step < state.misfit.ramp ? own.rate : between;
  const profile = rate * shape;
  const hourly = level * rate;
  const ramp = level * between * shape;
  const step = level * own.rate * shape;
  const most = isUneven ? Math.max(shape, 1) : shape;
  const fewest = isUneven ? Math.min(shape, 1) : shape;
  let least = Math.min(1, brisk) * level * Math.min(between, own.rate, aroundLeast) * fewest;
  // A Saturday that was never seen may be a day of rest: there the key has to have been busy just before.
  if (!isKnown) least = Math.min(least, hourBefore(state));
  return {
    profile, mean: level * profile, ramp, step, habit, hourly, beside: isUneven ? Math.min(level * profile, hourly) : level * profile,
    upper: Math.max(1, brisk) * level * Math.max(between, own.rate, around) * most + habit,
    least, doubt: doubtAfter(own, lately.expected * level),
  };
}

/** Requests a minute in the last hour. */
function hourBefore({ recent }: BaselineState): number {
  let sum = 0;
  for (const requests of recent) sum += requests;
  return sum / 60;
}

/** The doubt about an hour's rate, by what was seen lately. */
export const doubtAt = (state: BaselineState, own: Estimate, level: number): number => doubtAfter(own, evidence(state).expected * level);

function doubtAfter(own: Estimate, expectedLately: number): number {
  const belief = 1 / own.doubt;
  const settled = belief / (belief + expectedLately);
  return own.doubt * (HOUR_TO_HOUR + (1 - HOUR_TO_HOUR) * settled) + LEVEL_DOUBT;
}

/** Requests expected in an epoch minute, by all that is known when the last minute was closed. */
export const expectedAt = (state: BaselineState, minute: number): number => expectationAt(state, minute).mean;

/** How a minute of the hour compares with the mean of the hour: 1 unless the key has a rhythm. */
function shapeAt(state: BaselineState, minuteOfHour: number): number {
  const { belief, scatter } = rhythm(state);
  return (belief + state.minutes[minuteOfHour]! / scatter) / (belief + state.minutes_mean / scatter);
}

/** Mean square of the shape of the hour: 1 unless the key has a rhythm. */
export function rhythmSquare(state: BaselineState): number {
  const { belief, scatter } = rhythm(state);
  let squares = 0;
  for (const requests of state.minutes) {
    const minute = belief + requests / scatter;
    squares += minute * minute;
  }
  const mean = belief + state.minutes_mean / scatter;
  return squares / 60 / (mean * mean);
}

/** Relative variance of the shape of `length` minutes that end with `minute`. */
export function shapeDoubt(state: BaselineState, minute: number, length: number): number {
  if (length >= 60) return 0;
  const { belief, scatter } = rhythm(state);
  let events = 0;
  for (let back = 0; back < length; back += 1) events += belief + state.minutes[mod(minute - back, 60)]! / scatter;
  return 1 / events;
}

/** A job may be so many minutes early or late. */
const SLACK_MINUTES = 2;

/** What jobs expected just before and just after a window of `length` minutes that ends with `minute` add to it when they come within it. */
export function timingAround(state: BaselineState, minute: number, length: number, { hourly }: Expectation): number {
  let sum = 0;
  for (let by = 1; by <= SLACK_MINUTES; by += 1) sum += jobAt(state, minute + by) + jobAt(state, minute - length + 1 - by);
  return sum * hourly;
}

/** What a window lacks when the jobs expected in its first and last minutes, at times late and at times early, come just before or after it. */
export function timingWithin(state: BaselineState, minute: number, length: number, { hourly }: Expectation): number {
  let sum = 0;
  for (let by = 0; by < Math.min(length, 4 * SLACK_MINUTES); by += 1) {
    sum += jobAt(state, by < 2 * SLACK_MINUTES ? minute - by : minute - length + 1 + by - 2 * SLACK_MINUTES);
  }
  return sum * hourly;
}

/** What a minute of the hour holds, as a multiple of a mean one, when a job comes then: all of it may come a little earlier or later. Otherwise 0. */
const jobAt = (state: BaselineState, minute: number): number => {
  const shape = shapeAt(state, mod(minute, 60));
  return shape > 1 + LEAST_JOB ? shape : 0;
};

/** Whether a job comes now before the full hour and now after it, so that hours hold two of it or none. */
function straddlesHour(state: BaselineState): boolean {
  let before = 0;
  let after = 0;
  for (let by = 0; by < SLACK_MINUTES; by += 1) {
    before += jobAt(state, 59 - by);
    after += jobAt(state, by);
  }
  return before > 0 && after > 0;
}

const rhythm = (state: BaselineState): { belief: number; scatter: number } =>
  ({ belief: 1 / Math.max(state.minute_spread, 0.001), scatter: 1 + state.overall * dispersionOf(state, 0) });

/** The slow level; 1 as long as the profile itself is being learnt. Worth 12 hours of belief in 1. */
export function levelOf(state: BaselineState): number {
  const belief = 12 * 60 * state.overall;
  return belief > 0 ? (state.level.seen + belief) / (state.level.expected + belief) : 1;
}

/** Requests a minute, mean over the week. */
export const levelNow = (state: BaselineState): number => levelOf(state) * state.overall;

function evidence(state: BaselineState): Level {
  const scatter = inflation(state, state.overall);
  return { seen: state.brisk.seen / scatter, expected: state.brisk.expected / scatter };
}

