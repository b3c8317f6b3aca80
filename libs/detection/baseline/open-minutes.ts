import { signedDeviance } from './deviance.js';
import { dispersionOf } from './dispersion.js';
import { expectationAt, outlookAt, type Outlook } from './expected.js';
import { mod, WINDOWS, type BaselineSettings, type BaselineState } from './state.js';

/** What closing an open minute may take from what is expected of the next ones, and from how far counts scatter. */
const MARGIN = 0.9;

/** Counts of a minute that is not over. */
export interface OpenMinute { minute: number; requests: number }

/**
 * Whether minutes that are still open may stand out: says yes too often rather than too seldom, and costs far less than to close them on a copy. `open`: from
 * `from` on, in the order of their minutes, all after the last one that was closed; minutes left out were silent so far.
 */
export function mayStandOut(state: BaselineState, open: readonly OpenMinute[], from: number, settings: BaselineSettings): boolean {
  // The profile is looked at again when an hour ends.
  if (state.episode !== null || Math.floor(open.at(-1)!.minute / 60) !== Math.floor((state.closed + 1) / 60)) return true;
  let outlook: Outlook | undefined;
  let half = NaN;
  for (let index = from; index < open.length; index += 1) {
    const { minute } = open[index]!;
    if (half !== Math.floor(minute / 30)) {
      half = Math.floor(minute / 30);
      outlook = outlookAt(state, minute);
    }
    usually[index - from] = expectationAt(state, minute, outlook).upper * MARGIN;
    if (standsOut(state, open, from, index, settings)) return true;
  }
  return false;
}

/** Of the open minutes, what is usual at least. */
const usually: number[] = [];

function standsOut(state: BaselineState, open: readonly OpenMinute[], from: number, last: number, settings: BaselineSettings): boolean {
  const { minute } = open[last]!;
  const history = minute - state.started - settings.min_history + 1;
  const { recent, recent_expected, closed } = state;
  let seen = 0;
  let usual = 0;
  let back = 0;
  let next = last;
  let slot = mod(closed, 60);
  for (let index = 0; index < WINDOWS.length; index += 1) {
    const length = WINDOWS[index]!;
    if (length > history) return false;
    for (; back < length; back += 1) {
      const at = minute - back;
      if (next >= from && open[next]!.minute === at) {
        seen += open[next]!.requests;
        usual += usually[next - from]!;
        next -= 1;
      } else if (at <= closed) {
        seen += recent[slot]!;
        usual += recent_expected[slot]!;
        slot = slot === 0 ? 59 : slot - 1;
      }
    }
    if (seen < settings.min_events || seen < settings.min_ratio * MARGIN * usual) continue;
    if (signedDeviance(seen, MARGIN * usual, 1 / (MARGIN * dispersionOf(state, index))) >= settings.threshold) return true;
  }
  return false;
}
