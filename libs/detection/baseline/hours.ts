import { dispersionOf } from './dispersion.js';
import { HOURS_OF_WEEK, WINDOWS, type BaselineState } from './state.js';

/** A rate that is believed, and its relative variance: how much of it is guesswork. */
export interface Estimate { rate: number; doubt: number }

const HOUR_WINDOW = WINDOWS.length - 1;
/** Until hours (days) are seen they are believed to lie apart by their mean, with the weight of so many hours. */
const SPREAD_PRIOR = { hours: 6, days: 3 * 24 };
const LEAST_SPREAD = 0.01;

/** How much more an hour scatters than chance alone. */
export const inflation = (state: BaselineState, rate: number): number => 1 + 60 * rate * state.hour_scatter;

/**
 * Requests a minute at an hour of the week. A gamma belief that starts with the overall level, learns from the same hour of all days,
 * then from the hour itself: each as far as its own evidence goes.
 */
export function estimateHour(state: BaselineState, hourOfWeek: number): Estimate {
  let weeks = 0;
  let weighted = 0;
  for (let hour = hourOfWeek % 24; hour < HOURS_OF_WEEK; hour += 24) {
    weeks += state.weeks[hour]!;
    weighted += state.weeks[hour]! * state.rates[hour]!;
  }
  const overall = Math.max(state.overall, 1e-6);
  const dispersion = state.hour_scatter;
  const day = learn(overall, state.hour_spread, weighted, weeks, dispersion);
  const own = state.weeks[hourOfWeek]!;
  return learn(day.rate, state.day_spread + day.doubt, own * state.rates[hourOfWeek]!, own, dispersion);
}

function learn(prior: number, spread: number, weighted: number, weeks: number, dispersion: number): Estimate {
  const shape = 1 / spread;
  if (weeks === 0) return { rate: prior, doubt: spread };
  const roughly = (60 * weighted + 1) / (60 * weeks + 1 / prior);
  const scatter = 1 + 60 * roughly * dispersion;
  const events = shape + 60 * weighted / scatter;
  return { rate: events / (shape / prior + 60 * weeks / scatter), doubt: 1 / events };
}

/** Looks at the whole profile again: its mean, and how far its hours and its days lie apart beyond chance. */
export function measureProfile(state: BaselineState): void {
  const days = new Array<{ rate: number; weeks: number; seen: number }>(24);
  let sum = 0;
  let known = 0;
  for (let hour = 0; hour < 24; hour += 1) {
    let weeks = 0;
    let weighted = 0;
    let seen = 0;
    for (let bin = hour; bin < HOURS_OF_WEEK; bin += 24) {
      weeks += state.weeks[bin]!;
      weighted += state.weeks[bin]! * state.rates[bin]!;
      if (state.weeks[bin]! > 0) seen += 1;
    }
    days[hour] = { rate: weeks > 0 ? weighted / weeks : 0, weeks, seen };
    if (weeks > 0) {
      sum += days[hour]!.rate;
      known += 1;
    }
  }
  if (known === 0) return;
  const mean = Math.max(sum / known, 1e-6);
  const dispersion = Number(dispersionOf(state, HOUR_WINDOW).toPrecision(6));
  const chance = (rate: number, weeks: number): number => rate / (60 * weeks) + dispersion * rate * rate / weeks;
  let hourSquares = SPREAD_PRIOR.hours * mean * mean;
  let daySquares = SPREAD_PRIOR.days * mean * mean;
  let dayWeight = daySquares;
  for (let bin = 0; bin < HOURS_OF_WEEK; bin += 1) {
    const { rate, weeks, seen } = days[bin % 24]!;
    if (bin < 24 && weeks > 0) hourSquares += (rate - mean) ** 2 - chance(rate, weeks);
    const own = state.weeks[bin]!;
    if (own === 0 || seen < 2) continue;
    daySquares += (state.rates[bin]! - rate) ** 2 - chance(rate, own);
    dayWeight += rate * rate;
  }
  state.hour_scatter = dispersion;
  state.overall = Number(mean.toPrecision(6));
  state.hour_spread = Math.max(LEAST_SPREAD, hourSquares / ((SPREAD_PRIOR.hours + known) * mean * mean));
  state.day_spread = Math.max(LEAST_SPREAD, daySquares / dayWeight);
}
