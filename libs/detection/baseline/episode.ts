import type { Judgement } from './judge.js';
import { mod, type BaselineSettings, type BaselineState } from './state.js';
import type { Episode } from './verdict.js';

/** Whether a minute is too high: past the threshold, or within an episode still clearly above normal. */
export function isHigh(judgement: Judgement, episode: Episode | null, settings: BaselineSettings): boolean {
  if (episode === null) return judgement.score >= settings.threshold;
  return judgement.rising && judgement.score >= settings.hold;
}

/** The episode after a minute: begun, gone on, ended or none. */
export function follow(
  state: BaselineState, minute: number, judgement: Judgement, high: boolean, settings: BaselineSettings,
): Episode | null {
  const { episode } = state;
  if (high) {
    return {
      started_at: episode?.started_at ?? onset(state, minute),
      last_high: minute, peak_score: Math.max(episode?.peak_score ?? 0, Math.round(judgement.score * 100) / 100), ended_at: null,
    };
  }
  if (episode === null || minute - episode.last_high < settings.lull_minutes) return episode;
  return { ...episode, ended_at: episode.last_high + 1 };
}

/**
 * The minute a rise began: the one from which on most lies above 1.3 times the expected. What the last minute holds does not move it,
 * so that a minute which is still open and the same minute closed name the same start.
 */
function onset(state: BaselineState, minute: number): number {
  let excess = 0;
  let most = 0;
  let start = minute;
  for (let back = 1; back < 60 && minute - back >= state.started; back += 1) {
    const slot = mod(minute - back, 60);
    excess += state.recent[slot]! - 1.3 * state.recent_expected[slot]!;
    if (excess <= most) continue;
    most = excess;
    start = minute - back;
  }
  return start;
}

/** Forgets an episode's excess in the last hour, so that what is over is not found again by a longer window. */
export function calm(state: BaselineState): void {
  for (let slot = 0; slot < 60; slot += 1) {
    state.recent[slot] = Math.min(state.recent[slot]!, Math.round(state.recent_expected[slot]!));
  }
}
