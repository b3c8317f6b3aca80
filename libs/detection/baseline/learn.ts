import { closeExtremes } from './bar.js';
import { forgetBursts } from './bursts.js';
import { clocksMayHaveChanged, isEdge, turnClock, weighClock } from './clock-change.js';
import { dispersionOf, forgetDispersion, learnDispersion, skipDispersion } from './dispersion.js';
import { levelOf, type Expectation } from './expected.js';
import { forgetHabits } from './habits.js';
import { estimateHour, measureProfile, type Estimate } from './hours.js';
import { HOURS_OF_WEEK, mod, type BaselineState } from './state.js';

/** Hours of the profile are means over this many weeks. */
const WEEKS = 6;
/** A week halves the slow level and the shape of the hour. */
export const KEEP_AN_HOUR = 0.5 ** (1 / HOURS_OF_WEEK);
/** The brisk level remembers this many hours of mean traffic, however long they took to pass. */
const BRISK_HOURS = 8;
/** Half a hundredth is lost of this in an hour, and no more of anything smaller. */
const ROUNDED = 1.21;
/** Above this doubt what was expected says little about how counts scatter. */
export const TOO_DOUBTFUL = 0.25;

/** A minute to learn. `seen` is what may be learnt: in an alarm less than the `requests` that came. */
export interface Lesson { minute: number; requests: number; seen: number; expected: Expectation }

/** Learns a minute. `judged`: whether there was an expectation at all; `threshold`: what lies further out counts as an alarm, infinite of keys whose traffic is bursts. */
export function learnMinute(state: BaselineState, { minute, requests, seen, expected }: Lesson, judged: boolean, threshold: number): void {
  state.minutes[mod(minute, 60)]! += seen;
  state.hour.minutes += 1;
  state.hour.requests += requests;
  state.hour.seen += seen;
  state.hour.expected += expected.profile;
  if (judged) {
    if (expected.doubt > TOO_DOUBTFUL && Number.isFinite(threshold)) skipDispersion(state);
    else learnDispersion(state, minute, seen, expected.mean, threshold);
    state.misfit.ramp += (seen - expected.ramp) ** 2;
    state.misfit.step += (seen - expected.step) ** 2;
    learnBrisk(state, seen, expected.profile);
  }
  if (mod(minute, 60) === 59) closeHour(state, minute);
}

/** `minutes`: over how many the traffic came. What is above the room is forgotten minute by minute. */
export function learnBrisk({ brisk, overall }: BaselineState, seen: number, profile: number, minutes = 1): void {
  brisk.seen += seen;
  brisk.expected += profile;
  const most = BRISK_HOURS * 60 * overall;
  if (brisk.expected <= most) return;
  const over = brisk.expected - most;
  if (minutes > 1 && brisk.seen < 1e-6) brisk.seen = 0;
  else brisk.seen *= minutes === 1 || over >= profile * minutes ? most / brisk.expected : (1 + profile / minutes / most) ** (-over * minutes / profile);
  brisk.expected = most;
}

function closeHour(state: BaselineState, minute: number): void {
  const bin = mod(Math.floor(minute / 60), HOURS_OF_WEEK);
  const { minutes, requests, seen, expected } = state.hour;
  const weeks = state.weeks[bin]!;
  const hourAt = (by: number): Estimate => estimateHour(state, mod(bin + by, HOURS_OF_WEEK));
  const part = minutes / 60;
  if (!clocksMayHaveChanged(minute)) state.clock = null;
  else if (minutes === 60 && state.overall > 0) weighClock(state, requests, levelOf(state), hourAt(-1), hourAt(0), hourAt(1));
  // What an hour beside an edge holds now may belong to its neighbour: it would be turned with the profile.
  const mayBelongElsewhere = weeks > 0 && (state.clock?.length ?? 0) > 0 && (isEdge(hourAt(0), hourAt(-1)) || isEdge(hourAt(0), hourAt(1)));
  if (weeks >= 1) learnLevel(state, seen, expected);
  // The first time an hour of the week is seen there was only a guess to alarm about: it is believed as it came.
  const rate = (weeks === 0 ? requests : seen) / minutes / levelOf(state);
  if (!mayBelongElsewhere) {
    state.rates[bin] = short((state.rates[bin]! * weeks + rate * part) / (weeks + part), 4);
    state.weeks[bin] = Math.min(WEEKS, Math.round((weeks + part) * 100) / 100);
  }
  if (state.brisk.expected === 0) Object.assign(state.brisk, { seen, expected: seen });
  state.hour = { minutes: 0, requests: 0, seen: 0, expected: 0 };
  state.unrest = Math.round(state.unrest * KEEP_AN_HOUR * 10_000) / 10_000;
  closeExtremes(state.extremes);
  closeExtremes(state.drop_extremes);
  forgetBursts(state);
  forgetDispersion(state, minute);
  turnClock(state);
  measureProfile(state);
  measureRhythm(state);
  forgetHabits(state, minute);
  shorten(state);
}

/** One odd hour moves the slow level little: a holiday, an outage, a run of the importer. */
export function learnLevel(state: BaselineState, seen: number, profile: number): void {
  const usual = levelOf(state) * profile;
  const chance = 2 * Math.sqrt(usual);
  state.level.seen = state.level.seen * KEEP_AN_HOUR + Math.min(2 * usual + chance, Math.max(0, usual / 2 - chance, seen));
  state.level.expected = state.level.expected * KEEP_AN_HOUR + profile;
}

/** What an hour without requests does to the profile, but for rounding. */
export function restHour(state: BaselineState, bin: number): void {
  const weeks = state.weeks[bin]!;
  state.rates[bin] = state.rates[bin]! * weeks / (weeks + 1);
  state.weeks[bin] = Math.min(WEEKS, Math.round((weeks + 1) * 100) / 100);
}

/** Whether the key has a rhythm within the hour: how far its minutes lie apart beyond chance. `hours`: since it was measured last. */
export function measureRhythm(state: BaselineState, hours = 1): void {
  const keep = hours === 1 ? KEEP_AN_HOUR : KEEP_AN_HOUR ** hours;
  let sum = 0;
  for (let minute = 0; minute < 60; minute += 1) {
    const requests = state.minutes[minute]!;
    // Hour by hour, rounding keeps what is below ROUNDED for good; so do many hours at once.
    state.minutes[minute] = Math.max(Math.round(requests * keep * 100) / 100, hours === 1 ? 0 : Math.min(requests, ROUNDED));
    sum += state.minutes[minute]!;
  }
  const mean = sum / 60;
  state.minutes_mean = mean;
  if (mean <= 0) return;
  let squares = 0;
  for (const requests of state.minutes) squares += (requests - mean) ** 2;
  const chance = (1 + state.overall * dispersionOf(state, 0)) / mean;
  state.minute_spread = Math.max(0, squares / 59 / mean / mean - chance);
}

/** Sums keep four to six digits: enough, and a third of the length when the state is written down. */
export function shorten({ level, brisk, misfit, variance, squares, quiet_excess, quiet_expected }: BaselineState): void {
  misfit.ramp = short(misfit.ramp * KEEP_AN_HOUR);
  misfit.step = short(misfit.step * KEEP_AN_HOUR);
  for (const sums of [level, brisk]) {
    sums.seen = short(sums.seen);
    sums.expected = short(sums.expected);
  }
  for (let index = 0; index < variance.length; index += 1) {
    variance[index] = short(variance[index]!, 5);
    squares[index] = short(squares[index]!, 5);
    quiet_excess[index] = short(quiet_excess[index]!, 4);
    quiet_expected[index] = short(quiet_expected[index]!, 4);
  }
}

const short = (value: number, digits = 6): number => Number(value.toPrecision(digits));
