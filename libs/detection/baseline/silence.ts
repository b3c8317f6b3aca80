import { closeExtremes } from './bar.js';
import { forgetBursts } from './bursts.js';
import { clocksMayHaveChanged, turnClock, weighClock } from './clock-change.js';
import { forgetDispersion, learnSilentHour, openWindows, settleWindows } from './dispersion.js';
import { doubtAt, expectationAt, levelOf, outlookAt, rhythmSquare } from './expected.js';
import { forgetHabits } from './habits.js';
import { estimateHour, measureProfile } from './hours.js';
import { KEEP_AN_HOUR, learnBrisk, learnLevel, measureRhythm, restHour, shorten, TOO_DOUBTFUL } from './learn.js';
import { HOURS_OF_WEEK, mod, rounded, type BaselineSettings, type BaselineState } from './state.js';

/** Sums over the half of an hour that leans to a neighbour: of its share, and of its share squared. */
const HALF = { share: 7.5, square: 8997.5 / 3600 };

/**
 * Closes whole hours without requests, each at once: what 60 empty minutes teach, in closed form. `state.closed` must end an hour, and no
 * episode may be on. The profile as a whole is looked at again every few hours only, and minutes within the hour are taken to be alike in
 * what they do to the dispersion; hence within a few per cent of closing minute by minute.
 */
export function closeSilentHours(state: BaselineState, hours: number, settings: BaselineSettings): void {
  const first = Math.floor((state.closed + 1) / 60);
  let bin = mod(first, HOURS_OF_WEEK);
  let before = estimateHour(state, mod(first - 1, HOURS_OF_WEEK));
  let own = estimateHour(state, bin);
  let square = rhythmSquare(state);
  let unmeasured = 0;
  let meanBefore = levelOf(state) * before.rate;
  for (let index = 0; index < hours; index += 1) {
    const minute = (first + index) * 60;
    const nextBin = bin === HOURS_OF_WEEK - 1 ? 0 : bin + 1;
    const after = estimateHour(state, nextBin);
    if (index === hours - 1) rememberHour(state, minute);
    const level = levelOf(state);
    const toBefore = before.rate - own.rate;
    const toAfter = after.rate - own.rate;
    const ramp = 60 * own.rate + HALF.share * (toBefore + toAfter);
    const stepSquares = 60 * own.rate * own.rate;
    const rampSquares = stepSquares + 2 * HALF.share * own.rate * (toBefore + toAfter) + HALF.square * (toBefore * toBefore + toAfter * toAfter);
    const isStep = state.misfit.step < state.misfit.ramp;
    const profile = isStep ? 60 * own.rate : ramp;
    const mean = level * profile / 60;
    if (state.overall > 0 && minute - state.started >= settings.min_history) {
      const doubtful = doubtAt(state, own, level) > TOO_DOUBTFUL;
      if (index === 0) settleWindows(state, minute, doubtful ? null : mean, settings.threshold);
      if (!doubtful) learnSilentHour(state, mean, meanBefore, level * level * (isStep ? stepSquares : rampSquares) / 60, square, settings.threshold);
      state.misfit.ramp += level * level * rampSquares * square;
      state.misfit.step += level * level * stepSquares * square;
      learnBrisk(state, 0, profile, 60);
      if (index === hours - 1) openWindows(state, minute + 59, doubtful ? 0 : mean);
    }
    if (!clocksMayHaveChanged(minute)) state.clock = null;
    else if (state.overall > 0) weighClock(state, 0, level, before, own, after);
    const weeks = state.weeks[bin]!;
    if (weeks >= 1) learnLevel(state, 0, profile);
    state.misfit.ramp *= KEEP_AN_HOUR;
    state.misfit.step *= KEEP_AN_HOUR;
    state.closed = minute + 59;
    forgetDispersion(state, state.closed);
    restHour(state, bin);
    before = own;
    own = after;
    bin = nextBin;
    meanBefore = mean;
    unmeasured += 1;
    if (index < hours - 1 && unmeasured < (index < 24 ? 6 : index < HOURS_OF_WEEK ? 24 : 84)) continue;
    turnClock(state);
    measureProfile(state);
    measureRhythm(state, unmeasured);
    square = rhythmSquare(state);
    own = estimateHour(state, bin);
    unmeasured = 0;
  }
  state.unrest *= KEEP_AN_HOUR ** hours;
  closeExtremes(state.extremes, hours);
  closeExtremes(state.drop_extremes, hours);
  forgetBursts(state, hours);
  forgetHabits(state, state.closed);
  for (let back = 0; back < Math.min(hours, HOURS_OF_WEEK); back += 1) {
    const touched = mod(bin - 1 - back, HOURS_OF_WEEK);
    if (state.rates[touched]! > 0) state.rates[touched] = Number(state.rates[touched]!.toPrecision(4));
  }
  shorten(state);
}

/** Leaves the last 60 minutes behind as they are seen by `judge`. */
function rememberHour(state: BaselineState, first: number): void {
  let outlook = outlookAt(state, first);
  for (let slot = 0; slot < 60; slot += 1) {
    if (slot === 30) outlook = outlookAt(state, first + slot);
    state.recent[slot] = 0;
    const { upper, least } = expectationAt(state, first + slot, outlook);
    state.recent_expected[slot] = rounded(upper);
    state.recent_least[slot] = rounded(least);
  }
}
