import { describe, expect, it } from '@jest/globals';
import { advance } from './advance.js';
import { isBursty } from './bursts.js';
import { emptyBaseline, type BaselineState } from './state.js';
import { count, MONDAY, seeded, WEEK } from './testing.js';

type Requests = (minute: number, random: () => number) => number;

function live(requests: Requests, weeks: number): { state: BaselineState; alarms: number[] } {
  const random = seeded(11);
  let state = emptyBaseline(MONDAY);
  const alarms: number[] = [];
  for (let minute = MONDAY; minute < MONDAY + weeks * WEEK; minute += 1) {
    const before = state.episode;
    const step = advance(state, minute, requests(minute, random));
    state = step.state;
    if (before === null && step.verdict.spike) alarms.push(minute - MONDAY);
  }
  return { state, alarms };
}

/** Somebody's tool: some 25 calls in five minutes, three times a day at any time. */
function tool(size = 25): Requests {
  let left = 0;
  return (_minute, random) => {
    if (random() < 3 / 1440) left = 5;
    left -= 1;
    return left >= 0 ? count(random, size / 5) : 0;
  };
}

describe('keys that are used in bursts', () => {
  it('are told apart from those that are used evenly, over-dispersed or attacked thrice', () => {
    expect(isBursty(live(tool(), 2).state)).toBe(true);
    expect(isBursty(live((_minute, random) => count(random, 3, 3), 1).state)).toBe(false);
    expect(isBursty(live((_minute, random) => count(random, 0.05), 2).state)).toBe(false);
    const attacked: Requests = (minute, random) => count(random, (minute - MONDAY) % 4000 > 3970 ? 30 : 3);
    expect(isBursty(live(attacked, 2).state)).toBe(false);
  });

  it('raise next to no alarm once their bursts are known, and one when a burst is far larger', () => {
    const { state, alarms } = live(tool(), 5);
    expect(alarms.filter((minute) => minute > 2 * WEEK).length).toBeLessThanOrEqual(1);
    const random = seeded(12);
    let seen = false;
    for (let by = 1; by <= 10; by += 1) seen ||= advance(state, state.closed + 1, count(random, 200)).verdict.spike;
    expect(seen).toBe(true);
  });
});
