import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { advance, scoreOpenMinute } from './advance.js';
import { mayStandOut, type OpenMinute } from './open-minutes.js';
import { baselineSettings, emptyBaseline, type BaselineState } from './state.js';

const START = Math.floor(Date.UTC(2026, 0, 5) / 60_000);

/** A key of a few days: `rate` requests a minute, more in the daytime, with jobs of `job` requests every quarter of an hour. */
function grown(rate: number, job: number, random: () => number): BaselineState {
  let state = emptyBaseline(START);
  for (let minute = START; minute < START + 3 * 1_440; minute += 1) {
    const mean = rate * (minute % 1_440 > 540 ? 2 : 1);
    state = advance(state, minute, Math.floor(2 * mean * random()) + (minute % 15 === 0 ? job : 0)).state;
  }
  return state;
}

/** What closing all but the last of the open minutes on a copy says of them. */
function standsOut(state: BaselineState, open: readonly OpenMinute[]): boolean {
  let ahead = structuredClone(state);
  let spike = false;
  for (const { minute, requests } of open.slice(0, -1)) {
    const closed = advance(ahead, minute, requests);
    ahead = closed.state;
    spike ||= closed.verdict.spike;
  }
  const last = open.at(-1)!;
  if (last.minute > ahead.closed + 1) ahead = advance(ahead, last.minute - 1, 0).state;
  return spike || scoreOpenMinute(ahead, last.minute, last.requests).spike;
}

describe('open minutes', () => {
  it('that stand out are never passed over', () => {
    let stoodOut = 0;
    fc.assert(fc.property(
      fc.double({ min: 0.1, max: 40, noNaN: true }), fc.integer({ min: 0, max: 60 }), fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })), fc.integer({ min: 0, max: 20 }), fc.integer({ min: 1, max: 20 }),
      (rate, job, stream, first, second) => {
        const state = grown(rate, job, () => stream.next().value as number);
        for (let at = state.closed + 1; at < state.closed + 61; at += 7) {
          const open = [{ minute: at, requests: Math.round(first * rate) }, { minute: at + 1 + second % 3, requests: Math.round(second * rate) }];
          if (!standsOut(state, open)) continue;
          stoodOut += 1;
          expect(mayStandOut(state, open, 0, baselineSettings)).toBe(true);
        }
      }), { numRuns: 60 });
    expect(stoodOut).toBeGreaterThan(20);
  });

  it('of ordinary traffic are passed over', () => {
    let random = 1;
    const state = grown(5, 0, () => (random = (random * 16_807) % 2_147_483_647) / 2_147_483_647);
    for (const requests of [0, 3, 8, 14]) {
      expect(mayStandOut(state, [{ minute: state.closed + 1, requests: 7 }, { minute: state.closed + 2, requests }], 0, baselineSettings)).toBe(false);
    }
  });
});
