import { describe, expect, it } from '@jest/globals';
import { advance } from './advance.js';
import { clocksMayHaveChanged } from './clock-change.js';
import { expectedAt } from './expected.js';
import { emptyBaseline, type BaselineState } from './state.js';
import { count, seeded, shapeAt, WEEK, type Shape } from './testing.js';

const at = (...[month, day, hour = 0]: [number, number, number?]): number => Date.UTC(2026, month - 1, day, hour) / 60_000;
const EUROPE = { spring: at(3, 29, 1), autumn: at(10, 25, 1) };

/** Two weeks before the change and `after` weeks from it on; `shift`: minutes by which the key is earlier from then on. */
function live(shape: Shape, rate: number, change: number, shift: number, after: number, factor: (minute: number) => number = () => 1) {
  const random = seeded(31 + rate);
  const state = emptyBaseline(change - 2 * WEEK);
  let alarms = 0;
  for (let minute = change - 2 * WEEK; minute < change + after * WEEK; minute += 1) {
    const before = state.episode;
    const mean = rate * shapeAt(shape, minute >= change ? minute + shift : minute) * factor(minute);
    if (advance(state, minute, count(random, mean, 8)).verdict.spike && before === null && minute > change - WEEK / 2) alarms += 1;
  }
  return { state, alarms };
}

describe('when clocks change', () => {
  it.each<[string, number, boolean]>([
    ['Europe, the Friday before', at(3, 27), true], ['Europe, the Friday after', at(4, 3, 23), true], ['America', at(3, 9), true],
    ['Australia, Saturday by UTC', at(10, 3, 16), true], ['Europe in autumn', at(10, 26), true],
    ['America in autumn, ten days after', at(11, 11), false], ['winter', at(1, 26), false], ['spring', at(5, 4), false], ['summer', at(7, 26), false],
  ])('knows when that may be: %s', (_, minute, may) => {
    expect(clocksMayHaveChanged(minute)).toBe(may);
  });

  const lives = ([['spring', 'office', 50], ['autumn', 'office', 1], ['spring', 'daily', 50], ['autumn', 'nightly', 1]] as const)
    .map(([season, shape, rate]) => ({ season, shape, rate, ...live(shape, rate, EUROPE[season], season === 'spring' ? 60 : -60, 1) }));
  it.each(lives.map(({ season, shape, rate, alarms }) => [season, shape, rate, alarms] as const))(
    'raises no alarm in the week after: %s, a %s key with %d requests a minute', (_season, _shape, _rate, alarms) => {
      expect(alarms).toBe(0);
    });

  /** Of an hour of the Wednesday after next, against the mean rate. */
  const workday = (state: BaselineState, change: number, rate: number, hour: number): number =>
    expectedAt(state, change - 60 + WEEK + 3 * 1440 + hour * 60 + 30) / rate;
  it('turns the profile by the hour, both ways', () => {
    const [earlier, later] = [lives[0]!.state, lives[1]!.state];
    expect([6, 7, 16, 17].map((hour) => workday(earlier, EUROPE.spring, 50, hour) > 1.5)).toEqual([false, true, true, false]);
    expect([8, 9, 18, 19].map((hour) => workday(later, EUROPE.autumn, 1, hour) > 1.5)).toEqual([false, true, true, false]);
  });

  it.each<[string, (minute: number) => number]>([
    ['a holiday', (minute) => (minute >= EUROPE.spring && minute < EUROPE.spring + 2 * 1440 ? 0 : 1)],
    ['a busy day', (minute) => (minute >= EUROPE.spring + 1440 && minute < EUROPE.spring + 2 * 1440 ? 3 : 1)],
  ])('leaves the profile where it is after %s', (_, factor) => {
    const { state } = live('office', 10, EUROPE.spring, 0, 0.5, factor);
    expect([7, 8, 17, 18].map((hour) => workday(state, EUROPE.spring, 10, hour) > 1.5)).toEqual([false, true, true, false]);
  });
});
