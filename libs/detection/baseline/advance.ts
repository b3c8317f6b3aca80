import { calm, follow, isHigh } from './episode.js';
import { expectationAt, outlookAt, type Expectation, type Outlook } from './expected.js';
import { noteHabit } from './habits.js';
import { judge } from './judge.js';
import { learnMinute } from './learn.js';
import { closeSilentHours } from './silence.js';
import { baselineSettings, emptyBaseline, FORGET_AFTER_MINUTES, mod, type BaselineSettings, type BaselineState } from './state.js';
import type { Episode, Verdict } from './verdict.js';

/** Silences up to this long are closed minute by minute; of longer ones, whole hours at once. */
const EXACT_MINUTES = 120;
/** A burst that is no alarm may still be a habit. */
const NOTEWORTHY = 4;

/**
 * Closes an epoch minute: judges it, then learns it. Minutes left out since the last closed one had no requests. The state is changed
 * in place and returned (anew after 8 silent weeks); a minute that was closed before changes nothing.
 */
export function advance(
  state: BaselineState, minute: number, requests: number, settings: BaselineSettings = baselineSettings,
): { state: BaselineState; verdict: Verdict } {
  if (minute <= state.closed) return { state, verdict: quiet(minute) };
  if (minute - state.closed > FORGET_AFTER_MINUTES) state = emptyBaseline(minute);
  let ended: Episode | null = null;
  if (state.closed < minute - 1) ended = skipTo(state, minute - 1, settings);
  const verdict = closeMinute(state, minute, countOf(requests), settings);
  return { state, verdict: verdict.episode === null && ended?.ended_at != null ? { ...verdict, episode: ended } : verdict };
}

/** Judges a minute that is not over by what it holds so far. Learns nothing and changes nothing. */
export function scoreOpenMinute(
  state: BaselineState, minute: number, requestsSoFar: number, settings: BaselineSettings = baselineSettings,
): Verdict {
  const gap = minute - state.closed - 1;
  if (gap < 0 || gap >= FORGET_AFTER_MINUTES || !isJudged(state, minute, settings)) return quiet(minute);
  if (gap > 0) {
    const ahead = structuredClone(state);
    skipTo(ahead, minute - 1, settings);
    return scoreOpenMinute(ahead, minute, requestsSoFar, settings);
  }
  return judgeMinute(state, minute, countOf(requestsSoFar), expectationAt(state, minute), settings);
}

/** Closes minutes without requests up to and with `last`. Returns the episode they ended or left on. */
function skipTo(state: BaselineState, last: number, settings: BaselineSettings): Episode | null {
  let episode: Episode | null = null;
  let outlook: Outlook | undefined;
  const long = last - state.closed > EXACT_MINUTES;
  for (let minute = state.closed + 1; minute <= last; minute = state.closed + 1) {
    if (long && state.episode === null && last - minute >= 59 && mod(minute, 60) === 0) {
      closeSilentHours(state, Math.floor((last - minute + 1) / 60), settings);
      outlook = undefined;
      continue;
    }
    if (outlook === undefined || mod(minute, 30) === 0) outlook = outlookAt(state, minute);
    episode = closeMinute(state, minute, 0, settings, outlook).episode ?? episode;
  }
  return episode;
}

function closeMinute(
  state: BaselineState, minute: number, requests: number, settings: BaselineSettings, outlook = outlookAt(state, minute),
): Verdict {
  const expected = expectationAt(state, minute, outlook);
  const judged = isJudged(state, minute, settings);
  const verdict = judged ? judgeMinute(state, minute, requests, expected, settings) : quiet(minute);
  const alarm = verdict.spike || (verdict.episode !== null && verdict.episode.ended_at === null);
  const habitual = Math.min(expected.habit, Math.max(0, requests - expected.mean));
  const normal = expected.upper - expected.habit;
  const learnt = alarm ? Math.min(requests - habitual, 2 * normal + 2 * Math.sqrt(normal)) : requests - habitual;
  if (habitual > expected.habit / 2) noteHabit(state, minute, Math.min(requests - expected.mean, 2 * expected.habit));
  else if (verdict.score >= NOTEWORTHY && verdict.window_minutes <= 5) noteHabit(state, minute, requests - expected.mean);

  const slot = mod(minute, 60);
  state.recent[slot] = requests;
  state.recent_expected[slot] = Math.round(expected.upper * 1000) / 1000;
  state.episode = verdict.episode?.ended_at === null ? verdict.episode : null;
  if (verdict.episode !== null && state.episode === null) calm(state);
  learnMinute(state, { minute, requests: requests - habitual, seen: learnt, expected }, judged, settings.threshold);
  state.closed = minute;
  return verdict;
}

function judgeMinute(
  state: BaselineState, minute: number, requests: number, expected: Expectation, settings: BaselineSettings,
): Verdict {
  // An empty minute starts nothing, and most minutes of most keys are empty.
  if (requests === 0 && state.episode === null) return quiet(minute, expected.upper);
  const judgement = judge(state, minute, requests, expected, settings);
  const spike = isHigh(judgement, state.episode, settings);
  const { window_minutes, seen, expected: usual, score } = judgement;
  return { minute, spike, window_minutes, seen, expected: usual, score, episode: follow(state, minute, judgement, spike, settings) };
}

const isJudged = (state: BaselineState, minute: number, settings: BaselineSettings): boolean =>
  minute - state.started >= settings.min_history && state.overall > 0;

const quiet = (minute: number, expected = 0): Verdict =>
  ({ minute, spike: false, window_minutes: 1, seen: 0, expected, score: 0, episode: null });

const countOf = (requests: number): number => (requests > 0 && Number.isFinite(requests) ? requests : 0);
