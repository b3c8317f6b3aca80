import { barOf, type Extremes } from './bar.js';
import { mod, type BaselineSettings, type BaselineState } from './state.js';
import type { Episode } from './verdict.js';

/** Whether a minute is unusual: past the bar, or within an episode still clearly so and `goingOn` of late. */
export const isUnusual = (
  score: number, goingOn: boolean, episode: Episode | null, { unrest, extremes }: { unrest: number; extremes: Extremes },
  { threshold, hold }: Pick<BaselineSettings, 'threshold' | 'hold'>,
): boolean =>
  (episode === null ? score >= threshold && score >= barOf(extremes, unrest, threshold) : goingOn && score >= hold);

/** The episode after a minute: begun, gone on, ended or none. */
export function follow(
  episode: Episode | null, minute: number, score: number, unusual: boolean, onset: () => number, lullMinutes: number,
): Episode | null {
  if (unusual) {
    return {
      started_at: episode?.started_at ?? onset(),
      last_high: minute, peak_score: Math.max(episode?.peak_score ?? 0, Math.round(score * 100) / 100), ended_at: null,
    };
  }
  if (episode === null || minute - episode.last_high < lullMinutes) return episode;
  return { ...episode, ended_at: episode.last_high + 1 };
}

/**
 * The minute a stretch began: the one from which on most lies beyond what is normal. What the last minute holds does not move it,
 * so that a minute which is still open and the same minute closed name the same start.
 */
export function onsetOf(started: number, minute: number, beyondAt: (slot: number) => number): number {
  let excess = 0;
  let most = 0;
  let start = minute;
  for (let back = 1; back < 60 && minute - back >= started; back += 1) {
    excess += beyondAt(mod(minute - back, 60));
    if (excess <= most) continue;
    most = excess;
    start = minute - back;
  }
  return start;
}

/** Forgets a spike's excess in the last hour, so that what is over is not found again by a longer window. */
export function calm(state: BaselineState): void {
  for (let slot = 0; slot < 60; slot += 1) {
    state.recent[slot] = Math.min(state.recent[slot]!, Math.round(state.recent_expected[slot]!));
  }
}

/** The same for what a drop left out. */
export function fillIn(state: BaselineState): void {
  for (let slot = 0; slot < 60; slot += 1) state.recent_least[slot] = Math.min(state.recent_least[slot]!, state.recent[slot]!);
}
