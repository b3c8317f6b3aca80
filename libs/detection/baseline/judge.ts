import { signedDeviance } from './deviance.js';
import { scatterOf } from './dispersion.js';
import { shapeDoubt, timingAround, type Expectation } from './expected.js';
import type { BaselineSettings, BaselineState } from './state.js';
import { walkWindows } from './window-walk.js';

export interface Judgement {
  window_minutes: number;
  seen: number;
  expected: number;
  score: number;
  /** Whether the last five minutes are above normal too, and not only what lies behind them. */
  rising: boolean;
}

/** Sums the last 1, 5, 15 and 60 minutes, the given one included, and tells by how much the worst of them stands out upwards. */
export function judge(
  state: BaselineState, minute: number, requests: number, expected: Expectation, settings: BaselineSettings,
): Judgement {
  const worst: Judgement = { window_minutes: 1, seen: requests, expected: expected.upper, score: 0, rising: false };
  const history = minute - state.started - settings.min_history + 1;
  let seen = requests;
  let usual = expected.upper;
  walkWindows(minute, history, (slot) => {
    seen += state.recent[slot]!;
    usual += state.recent_expected[slot]!;
  }, (length, index) => {
    const scatter = scatterOf(state, index, usual);
    if (length === 5) worst.rising = seen >= settings.min_events && seen > 1.15 * usual;
    if (seen < settings.min_events || seen < settings.min_ratio * usual) return;
    const most = usual + timingAround(state, minute, length, expected);
    if (seen < settings.min_ratio * most) return;
    const spread = scatter + expected.doubt + shapeDoubt(state, minute, length);
    const score = signedDeviance(seen, most, 1 / spread);
    if (score > worst.score) Object.assign(worst, { window_minutes: length, seen, expected: most, score });
  });
  return worst;
}
