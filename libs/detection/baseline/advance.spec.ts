import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { advance, scoreOpenMinute } from './advance.js';
import { dispersionOf } from './dispersion.js';
import { expectationAt } from './expected.js';
import { emptyBaseline, FORGET_AFTER_MINUTES, WINDOWS, type BaselineState } from './state.js';
import { count, MONDAY, seeded, shapeAt, WEEK, type Shape } from './testing.js';
import type { Verdict } from './verdict.js';

const copy = (state: BaselineState): BaselineState => JSON.parse(JSON.stringify(state)) as BaselineState;
const learnt = ((): ((minutes?: number, rate?: number) => BaselineState) => {
  const known = new Map<string, BaselineState>();
  return (minutes = 2 * WEEK, rate = 3) => {
    const id = `${minutes} ${rate}`;
    const random = seeded(11);
    let state = known.get(id) ?? emptyBaseline(MONDAY);
    if (!known.has(id)) for (let m = 0; m < minutes; m += 1) state = advance(state, MONDAY + m, count(random, rate)).state;
    known.set(id, state);
    return copy(state);
  };
})();

/** Closes the minutes after what was learnt. */
function play(state: BaselineState, counts: readonly number[]): Verdict[] {
  const first = state.closed + 1;
  return counts.map((requests, i) => advance(state, first + i, requests).verdict);
}
const normal = (minutes: number, rate = 3): number[] => {
  const random = seeded(13);
  return Array.from({ length: minutes }, () => count(random, rate));
};

describe('advance', () => {
  it('sees a tenfold rise at once, as one episode with a start and an end', () => {
    const state = learnt();
    const start = state.closed + 1 + 30;
    const verdicts = play(state, [...normal(30), ...Array.from({ length: 20 }, () => 30), ...normal(120)]);
    const spikes = verdicts.filter(({ spike }) => spike);
    expect(spikes[0]!.minute).toBe(start);
    expect(spikes[0]).toMatchObject({ window_minutes: 1, seen: 30 });
    expect(spikes[0]!.expected).toBeCloseTo(3, 0);
    const starts = [...new Set(verdicts.flatMap(({ episode }) => (episode === null ? [] : [episode.started_at])))];
    expect(starts).toHaveLength(1);
    expect(start - starts[0]!).toBeLessThanOrEqual(2);
    const ended = verdicts.filter(({ episode }) => episode?.ended_at != null);
    expect(ended).toHaveLength(1);
    expect(ended[0]!.episode!.ended_at! - start).toBeGreaterThanOrEqual(20);
    expect(ended[0]!.episode!.ended_at! - start).toBeLessThan(27);
    expect(state.episode).toBeNull();
  });

  it('finds a rise too small for one minute in the sum of many', () => {
    const verdicts = play(learnt(), [...normal(30), ...normal(60, 9)]);
    const first = verdicts.find(({ spike }) => spike)!;
    expect(first.window_minutes).toBeGreaterThan(1);
    expect(first.minute - verdicts[0]!.minute - 30).toBeLessThan(15);
  });

  it('bridges a lull within an episode', () => {
    const verdicts = play(learnt(), [40, 40, 40, 3, 3, 3, 3, 40, 40, 40, ...normal(60)]);
    expect(verdicts.filter(({ episode }) => episode?.ended_at != null)).toHaveLength(1);
  });

  it('learns little from an attack: a second one an hour later is seen as well', () => {
    const attack = Array.from({ length: 60 }, () => 60);
    const verdicts = play(learnt(), [...attack, ...normal(60), ...attack, ...normal(60)]);
    expect(verdicts.filter(({ episode }) => episode?.ended_at != null)).toHaveLength(2);
  });

  it('judges nothing before an hour of history, and spares fewer than five requests', () => {
    expect(play(emptyBaseline(MONDAY), [...Array.from({ length: 30 }, () => 1), ...Array.from({ length: 29 }, () => 5000)])
      .some(({ score }) => score > 0)).toBe(false);
    expect(play(learnt(2 * WEEK, 0.001), [4]).at(-1)).toMatchObject({ spike: false });
    expect(play(learnt(2 * WEEK, 0.001), [8]).at(-1)).toMatchObject({ spike: true });
  });

  it('expects a nightly job after two nights, at its time and in its size', () => {
    const state = learnt(3 * WEEK);
    const night = (job: number) => [...normal(120), job, job, ...normal(1440 - 122)];
    const spiking = (job: number) => play(state, night(job)).filter(({ spike }) => spike).length > 0;
    expect([100, 100, 100, 100, 100].map(spiking)).toEqual([true, true, false, false, false]);
    expect(spiking(1000)).toBe(true);
  });

  it('ignores what was closed before and takes nonsense for no requests', () => {
    const state = learnt();
    const before = copy(state);
    expect(advance(state, state.closed, 1e6).verdict.spike).toBe(false);
    expect(state).toEqual(before);
    for (const requests of [NaN, Infinity, -5]) expect(advance(state, state.closed + 1, requests).verdict).toMatchObject({ seen: 0, spike: false });
    expect(JSON.stringify(state)).not.toContain('null,null');
  });

  it('starts anew after eight silent weeks', () => {
    const { state } = advance(learnt(), MONDAY + 2 * WEEK + FORGET_AFTER_MINUTES, 1);
    expect(state.started).toBe(MONDAY + 2 * WEEK + FORGET_AFTER_MINUTES);
  });

  it('says how an episode ended in a silence', () => {
    const state = learnt();
    play(state, [60, 60]);
    expect(advance(state, state.closed + 200, 3).verdict).toMatchObject({ spike: false, episode: { ended_at: expect.any(Number) } });
  });

  const counts = fc.array(fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 3, arbitrary: fc.integer({ min: 0, max: 8 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 300 }) }), { minLength: 1, maxLength: 300 });

  it('takes a gap of less than two hours for just so many minutes without requests', () => {
    fc.assert(fc.property(counts, (requests) => {
      const [each, gaps] = [learnt(), learnt()];
      const first = each.closed + 1;
      requests.forEach((n, i) => advance(each, first + i, n));
      requests.forEach((n, i) => { if (n > 0 || i === requests.length - 1) advance(gaps, first + i, n); });
      expect(gaps).toEqual(each);
    }), { numRuns: 30 });
  });

  it.each<[string, Shape, number]>([['two and a half hours', 'office', 150], ['a night', 'daily', 610], ['a day', 'flat', 1440], ['a day', 'cron', 1475],
    ['three weeks', 'office', 3 * WEEK], ['eight weeks', 'daily', 8 * WEEK - 2]])(
    'takes a gap of %s of a %s key for minutes without requests within 5 % of the rate, 15 % of the doubt and 35 % of the dispersion',
    (_, shape, gap) => {
      const random = seeded(17);
      const each = emptyBaseline(MONDAY);
      for (let m = 0; m < 2 * WEEK + 7; m += 1) advance(each, MONDAY + m, count(random, 3 * shapeAt(shape, MONDAY + m), 8));
      const gaps = copy(each);
      const end = each.closed + 1 + gap;
      for (let minute = each.closed + 1; minute < end; minute += 1) advance(each, minute, 0);
      expect(advance(gaps, end, 2).verdict.seen).toBe(advance(each, end, 2).verdict.seen);
      expect({ weeks: gaps.weeks, recent: gaps.recent, closed: gaps.closed }).toEqual({ weeks: each.weeks, recent: each.recent, closed: each.closed });
      const off = (a: number, b: number): number => Math.abs(a - b) / (b + 1e-4);
      for (let minute = end + 1; minute < end + WEEK; minute += 25) {
        const [one, other] = [expectationAt(gaps, minute), expectationAt(each, minute)];
        expect(off(one.upper, other.upper)).toBeLessThan(0.05);
        expect(off(one.doubt, other.doubt)).toBeLessThan(0.15);
      }
      WINDOWS.forEach((_window, index) => expect(off(dispersionOf(gaps, index), dispersionOf(each, index))).toBeLessThan(0.35));
    });

  it('goes on from JSON as if it had never been written down', () => {
    fc.assert(fc.property(counts, counts, (earlier, later) => {
      const state = learnt();
      play(state, earlier);
      const read = copy(state);
      expect(play(read, later)).toEqual(play(state, later));
      expect(read).toEqual(state);
    }), { numRuns: 30 });
  });

  it('scores an open minute as it will when closed, changing nothing, and names the same start', () => {
    fc.assert(fc.property(counts, fc.integer({ min: 0, max: 400 }), fc.integer({ min: 1, max: 100 }), (earlier, soFar, gap) => {
      const state = learnt();
      play(state, earlier);
      const before = copy(state);
      const minute = state.closed + gap;
      const open = scoreOpenMinute(state, minute, soFar);
      const part = scoreOpenMinute(state, minute, Math.floor(soFar / 2));
      expect(state).toEqual(before);
      const closed = advance(state, minute, soFar).verdict;
      expect(open.spike).toBe(closed.spike);
      expect(open.score).toBe(closed.score);
      if (part.spike) expect(part.episode!.started_at).toBe(closed.episode!.started_at);
    }), { numRuns: 50 });
  });

  it('stays small', () => {
    for (const rate of [0.05, 3, 200]) expect(JSON.stringify(learnt(2 * WEEK, rate)).length).toBeLessThan(3700);
  });

  it('is cheap, in traffic and in silence', () => {
    // Jest's own cost is most of it: outside, 40,000 minutes take about 25 ms.
    const cpu = (work: () => void): number => {
      const from = process.cpuUsage().user;
      work();
      return (process.cpuUsage().user - from) / 1000;
    };
    const traffic = normal(40_000);
    const state = learnt();
    expect(cpu(() => play(emptyBaseline(MONDAY), traffic))).toBeLessThan(20_000);
    // Outside, a silence of eight weeks takes about 0.4 ms.
    const idle = Array.from({ length: 50 }, () => copy(state));
    expect(cpu(() => idle.forEach((one) => advance(one, MONDAY + 2 * WEEK + FORGET_AFTER_MINUTES - 1, 1)))).toBeLessThan(10_000);
  });
});
