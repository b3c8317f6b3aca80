import { leniency, noteScore } from './bar.js';
import { isBursty, noteBurst } from './bursts.js';
import { clippedLow, couldDrop, everCouldDrop, judgeDrop, settleDrop } from './drop.js';
import { calm, fillIn, follow, isUnusual, onsetOf } from './episode.js';
import { expectationAt, outlookAt, type Expectation, type Outlook } from './expected.js';
import { noteHabit } from './habits.js';
import { judge } from './judge.js';
import { learnMinute } from './learn.js';
import { closeSilentHours } from './silence.js';
import { baselineSettings, emptyBaseline, FORGET_AFTER_MINUTES, mod, rounded, type BaselineSettings, type BaselineState } from './state.js';
import type { Alarm, Episode, Verdict } from './verdict.js';

/** Silences up to this long are closed minute by minute; of longer ones, whole hours at once. */
const EXACT_MINUTES = 120;
/** A burst that is no alarm may still be a habit. */
const NOTEWORTHY = 4;

export interface Advanced {
  state: BaselineState;
  /** Whether the minute holds too many requests. */
  verdict: Verdict;
  /** Of each drop that was on in the minutes closed: its first alarm, when it began in them, and its last. */
  drops: Alarm[];
}

/**
 * Closes an epoch minute: judges it, then learns it. Minutes left out since the last closed one had no requests. The state is changed
 * in place and returned (anew after 8 silent weeks); a minute that was closed before changes nothing.
 */
export function advance(state: BaselineState, minute: number, requests: number, settings: BaselineSettings = baselineSettings): Advanced {
  if (minute <= state.closed) return { state, verdict: quiet(minute), drops: [] };
  if (minute - state.closed > FORGET_AFTER_MINUTES) state = emptyBaseline(minute);
  const drops: Alarm[] = [];
  let ended: Episode | null = null;
  if (state.closed < minute - 1) ended = skipTo(state, minute - 1, settings, drops);
  const verdict = closeMinute(state, minute, countOf(requests), settings, drops);
  return { state, verdict: verdict.episode === null && ended?.ended_at != null ? { ...verdict, episode: ended } : verdict, drops };
}

/** Judges a minute that is not over by what it holds so far. Learns nothing and changes nothing. */
export function scoreOpenMinute(
  state: BaselineState, minute: number, requestsSoFar: number, settings: BaselineSettings = baselineSettings,
): Verdict {
  const gap = minute - state.closed - 1;
  if (gap < 0 || gap >= FORGET_AFTER_MINUTES || !isJudged(state, minute, settings)) return quiet(minute);
  if (gap > 0) {
    const ahead = structuredClone(state);
    skipTo(ahead, minute - 1, settings, []);
    return scoreOpenMinute(ahead, minute, requestsSoFar, settings);
  }
  return judgeMinute(state, minute, countOf(requestsSoFar), expectationAt(state, minute), settings);
}

/** Closes minutes without requests up to and with `last`. Returns the episode they ended or left on. */
function skipTo(state: BaselineState, last: number, settings: BaselineSettings, drops: Alarm[]): Episode | null {
  let episode: Episode | null = null;
  let outlook: Outlook | undefined;
  const long = last - state.closed > EXACT_MINUTES;
  for (let minute = state.closed + 1; minute <= last; minute = state.closed + 1) {
    if (long && state.episode === null && state.drop === null && last - minute >= 59 && mod(minute, 60) === 0) {
      const hours = quietHours(state, minute, Math.floor((last - minute + 1) / 60), settings);
      if (hours > 0) closeSilentHours(state, hours, settings);
      if (hours > 0) continue;
    }
    if (outlook === undefined || mod(minute, 30) === 0) outlook = outlookAt(state, minute);
    episode = closeMinute(state, minute, 0, settings, drops, outlook).episode ?? episode;
  }
  return episode;
}

/** How many of the hours that begin with a minute can be closed at once: none of them may be a drop. */
function quietHours(state: BaselineState, minute: number, most: number, settings: BaselineSettings): number {
  if (!state.drop_armed || !everCouldDrop(state)) return most;
  // What comes when nothing does only gets less; a week has seen every hour.
  let hours = 0;
  while (hours < most && hours < 168 && !couldDrop(state, minute + 60 * hours, settings)) hours += 1;
  return hours === 168 ? most : hours;
}

function closeMinute(
  state: BaselineState, minute: number, requests: number, settings: BaselineSettings, drops: Alarm[], outlook = outlookAt(state, minute),
): Verdict {
  const expected = expectationAt(state, minute, outlook);
  const judged = isJudged(state, minute, settings);
  const verdict = judged ? judgeMinute(state, minute, requests, expected, settings) : quiet(minute);
  const spiking = verdict.spike || (verdict.episode !== null && verdict.episode.ended_at === null);
  const { alarm, episode: drop, score: lack } = judgeDrop(state, minute, requests, expected, settings);
  if (alarm !== null) note(drops, alarm);
  const dropping = drop !== null && drop.ended_at === null;
  const habitual = Math.min(expected.habit, Math.max(0, requests - expected.beside));
  const normal = expected.upper - expected.habit;
  let learnt = requests - habitual;
  const bursty = isBursty(state);
  if (spiking && !bursty) learnt = Math.min(learnt, (2 * normal + 2 * Math.sqrt(normal)) * leniency(state.unrest));
  else if (dropping) learnt = clippedLow(learnt, expected, state.unrest);
  if (habitual > expected.habit / 2) noteHabit(state, minute, Math.min(requests - expected.beside, 2 * expected.habit));
  else if (verdict.score >= NOTEWORTHY && verdict.window_minutes <= 5) noteHabit(state, minute, requests - expected.beside);

  if (judged && requests > 0) noteBurst(state, minute, requests, expected.upper);

  const slot = mod(minute, 60);
  state.recent[slot] = requests;
  state.recent_expected[slot] = rounded(expected.upper);
  state.recent_least[slot] = rounded(expected.least);
  if (state.episode === null) noteScore(state.extremes, verdict.score, verdict.spike && !bursty, state.unrest);
  if (state.drop === null) noteScore(state.drop_extremes, lack, alarm !== null, state.unrest);
  if ((verdict.spike && state.episode === null) || alarm?.begins === true) state.unrest += 1;
  state.episode = verdict.episode?.ended_at === null ? verdict.episode : null;
  if (verdict.episode !== null && state.episode === null) calm(state);
  state.drop = dropping ? drop : null;
  if (drop !== null && !dropping) fillIn(state);
  settleDrop(state, minute, requests, expected.least, settings);
  learnMinute(state, { minute, requests: requests - habitual, seen: learnt, expected }, judged, bursty ? Infinity : settings.threshold * leniency(state.unrest));
  state.closed = minute;
  return verdict;
}

/** Keeps the first alarm of an episode and the last. */
function note(drops: Alarm[], alarm: Alarm): void {
  const last = drops.at(-1);
  if (last !== undefined && !last.begins && !alarm.begins) drops[drops.length - 1] = alarm;
  else drops.push(alarm);
}

function judgeMinute(
  state: BaselineState, minute: number, requests: number, expected: Expectation, settings: BaselineSettings,
): Verdict {
  // An empty minute starts nothing, and most minutes of most keys are empty.
  if (requests === 0 && state.episode === null) return quiet(minute, expected.upper);
  const { window_minutes, seen, expected: usual, score, rising } = judge(state, minute, requests, expected, settings);
  const spike = isUnusual(score, rising, state.episode, state, settings);
  const onset = (): number => onsetOf(state.started, minute, (slot) => state.recent[slot]! - settings.min_ratio * state.recent_expected[slot]!);
  return { minute, spike, window_minutes, seen, expected: usual, score, episode: follow(state.episode, minute, score, spike, onset, settings.lull_minutes) };
}

const isJudged = (state: BaselineState, minute: number, settings: BaselineSettings): boolean =>
  minute - state.started >= settings.min_history && state.overall > 0;

const quiet = (minute: number, expected = 0): Verdict =>
  ({ minute, spike: false, window_minutes: 1, seen: 0, expected, score: 0, episode: null });

const countOf = (requests: number): number => (requests > 0 && Number.isFinite(requests) ? requests : 0);
