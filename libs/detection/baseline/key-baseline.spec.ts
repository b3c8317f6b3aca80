import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { closeKeyMinute, emptyKeyBaseline, type KeyBaseline, type MinuteCounts } from './key-baseline.js';
import { emptyBaseline, readBaseline } from './state.js';
import { count, MONDAY, seeded, shapeAt, WEEK, type Shape } from './testing.js';
import type { Alarm } from './verdict.js';

type Day = (minute: number, random: () => number) => MinuteCounts;

const calls = (requests: number, errors = 0, denied = 0): MinuteCounts => ({ requests, errors, denied });
const steady = (rate: number, shape: Shape = 'flat', errors = 0.01, denied = 0): Day => (minute, random) => {
  const requests = count(random, rate * shapeAt(shape, minute), 20);
  const some = (share: number) => Math.min(requests, count(random, requests * share));
  return calls(requests, some(errors), some(denied));
};

function learnt(day: Day, minutes = 2 * WEEK): KeyBaseline {
  const random = seeded(5);
  let baseline = emptyKeyBaseline(MONDAY);
  for (let m = 0; m < minutes; m += 1) baseline = closeKeyMinute(baseline, MONDAY + m, day(MONDAY + m, random)).baseline;
  return baseline;
}

/** The alarms an hour or so brings, after what was learnt; minutes counted from its start. */
function play(baseline: KeyBaseline, minutes: number, day: Day): (Alarm & { at: number })[] {
  const from = baseline.rate.closed + 1;
  const random = seeded(6);
  const alarms: (Alarm & { at: number })[] = [];
  for (let m = 0; m < minutes; m += 1) {
    const judged = closeKeyMinute(baseline, from + m, day(from + m, random));
    baseline = judged.baseline;
    alarms.push(...judged.alarms.map((alarm) => ({ ...alarm, at: m })));
  }
  return alarms;
}
const begun = (alarms: readonly Alarm[]) => alarms.filter(({ begins }) => begins).map(({ kind }) => kind);

describe('what a key does not do any more', () => {
  it('is seen within two minutes of a busy key, as one episode with a start and an end', () => {
    const baseline = learnt(steady(60));
    const from = baseline.rate.closed + 1;
    const normal = steady(60);
    const alarms = play(baseline, 180, (minute, random) => (minute < from + 20 || minute >= from + 80 ? normal(minute, random) : calls(0)));
    expect(begun(alarms)).toEqual(['drop']);
    expect(alarms[0]!.at).toBeGreaterThanOrEqual(20);
    expect(alarms[0]!.at).toBeLessThanOrEqual(21);
    expect(Math.abs(alarms[0]!.episode.started_at - from - 20)).toBeLessThanOrEqual(3);
    expect(alarms.at(-1)!.episode.last_high - from).toBeLessThan(100);
  });

  it('is seen though nothing arrives: the minutes left out count, and name the minute', () => {
    const baseline = learnt(steady(60));
    const from = baseline.rate.closed + 1;
    const { alarms } = closeKeyMinute(baseline, from + 600, calls(0));
    expect(begun(alarms)).toEqual(['drop']);
    expect(alarms[0]!.minute - from).toBeLessThanOrEqual(1);
  });

  it.each<[string, Day, number]>([
    ['a weekend', steady(60, 'office'), WEEK + 5 * 1440], ['a night', steady(60, 'office'), WEEK + 18 * 60], ['the first weekend', steady(60, 'office'), 5 * 1440],
    ['the rest of a job', steady(10, 'cron'), 2 * WEEK + 1],
  ])('is not what it never did: %s', (_, day, minutes) => {
    expect(begun(play(learnt(day, minutes), 14 * 60, day))).toEqual([]);
  });

  it.each([
    ['every quarter of an hour', 15, 42, 1], ['on both sides of the full hour', 60, 59, 2],
  ])('is not a job that comes now earlier and now later, %s', (_, every, at, slack) => {
    const moving: Day = (minute, random) => {
      const turn = Math.floor((minute - at + slack) / every);
      const early = Math.round((2 * seeded(turn)() - 1) * slack);
      return calls(count(random, minute === turn * every + at + early ? 28 * every : 1.5));
    };
    expect(begun(play(learnt(moving, WEEK), 2 * WEEK, moving))).toEqual([]);
  });

  it('says nothing of a key too quiet to miss', () => {
    expect(play(learnt(steady(0.1)), 24 * 60, () => calls(0))).toEqual([]);
  });

  it('is told once of a key that stopped for good, and again after it went on', () => {
    const baseline = learnt(steady(60));
    expect(begun(play(baseline, 3 * 1440, () => calls(0)))).toEqual(['drop']);
    expect(begun(play(baseline, 24 * 60, steady(60)))).not.toContain('drop');
    expect(begun(play(baseline, 30, () => calls(0)))).toEqual(['drop']);
  });
});

describe('how calls go', () => {
  it('raises no alarm in a normal week', () => {
    for (const day of [steady(3, 'daily', 0.02, 0.01), steady(60, 'office', 0.05, 0.001), steady(0.2, 'flat', 0.3, 0.3)]) {
      expect(begun(play(learnt(day), WEEK, day))).toEqual([]);
    }
  });

  it('sees 80 % errors at once, and a burst of 20 denied calls within minutes', () => {
    expect(begun(play(learnt(steady(20)), 3, (_, random) => calls(count(random, 20), 16)))).toEqual(['errors']);
    for (const rate of [0.05, 3, 60]) {
      const usual = steady(rate);
      const alarms = play(learnt(usual), 5, (minute, random) => {
        const { requests, errors } = usual(minute, random);
        return calls(requests + 4, errors, 4);
      });
      expect(begun(alarms).filter((kind) => kind !== 'spike')).toEqual(['denied']);
    }
  });

  it('tells a burst of denied calls once where they count among the errors', () => {
    const usual = steady(20, 'flat', 0.01, 0.002);
    const both: Day = (minute, random) => {
      const { requests, errors, denied } = usual(minute, random);
      return calls(requests, errors + denied, denied);
    };
    const alarms = play(learnt(both), 10, (minute, random) => calls(20, 12 + both(minute, random).errors, 12));
    expect(begun(alarms)).toEqual(['denied']);
  });

  it('is not alarmed by more calls that go as usual', () => {
    expect(begun(play(learnt(steady(20, 'flat', 0.1)), 20, (_, random) => calls(200, count(random, 20))))).toEqual(['spike']);
  });

  it('ends an episode, and does not begin it again in a longer window', () => {
    const usual = steady(20);
    const from = learnt(usual);
    const first = from.rate.closed + 1;
    const alarms = play(from, 200, (minute, random) => (minute < first + 10 ? calls(20, 16) : usual(minute, random)));
    expect(begun(alarms)).toEqual(['errors']);
  });

  it('needs five events, and an hour of history', () => {
    expect(play(learnt(steady(3)), 1, () => calls(4, 4, 4))).toEqual([]);
    expect(play(learnt(steady(3), 30), 5, () => calls(50, 50, 50))).toEqual([]);
  });
});

describe('the state of a key', () => {
  const counts = fc.array(fc.record({
    requests: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 50 }), fc.constantFrom(NaN, -3, Infinity, 1e15)),
    errors: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 80 }), fc.constantFrom(NaN, -3)), denied: fc.integer({ min: 0, max: 30 }),
  }), { minLength: 1, maxLength: 200 });
  const base = learnt(steady(3));
  const copy = (): KeyBaseline => JSON.parse(JSON.stringify(base)) as KeyBaseline;

  it('survives nonsense, stays finite and goes on from JSON as if it had never been written down', () => {
    fc.assert(fc.property(counts, counts, (earlier, later) => {
      const state = copy();
      const from = state.rate.closed + 1;
      earlier.forEach((one, m) => closeKeyMinute(state, from + m, one));
      const text = JSON.stringify(state);
      expect(text).not.toMatch(/null,null|NaN/);
      const read = JSON.parse(text) as KeyBaseline;
      const next = from + earlier.length;
      expect(later.map((one, m) => closeKeyMinute(read, next + m, one).alarms)).toEqual(later.map((one, m) => closeKeyMinute(state, next + m, one).alarms));
    }), { numRuns: 30 });
  });

  it('takes minutes left out for minutes without calls', () => {
    fc.assert(fc.property(counts, (some) => {
      const [each, gaps] = [copy(), copy()];
      const from = each.rate.closed + 1;
      const told: Alarm[][] = [[], []];
      some.forEach((one, m) => told[0]!.push(...closeKeyMinute(each, from + m, one).alarms));
      some.forEach((one, m) => {
        if (Object.values(one).some((value) => value !== 0) || m === some.length - 1) told[1]!.push(...closeKeyMinute(gaps, from + m, one).alarms);
      });
      expect(told[1]!.filter(({ begins }) => begins)).toEqual(told[0]!.filter(({ begins }) => begins));
    }), { numRuns: 30 });
  });

  it('stays below 6 kB', () => {
    for (const rate of [0.05, 3, 200]) expect(JSON.stringify(learnt(steady(rate, 'daily', 0.02, 0.01))).length).toBeLessThan(6000);
  });

  it('is read from version 1, and anything else is not', () => {
    const { recent_least: _, drop: _drop, drop_armed: _armed, unrest: _unrest, ...old } = { ...copy().rate, version: 1 };
    const read = readBaseline(JSON.parse(JSON.stringify(old)))!;
    expect(read).toMatchObject({ version: 2, rates: base.rate.rates, drop: null, unrest: 0 });
    expect(begun(play({ ...copy(), rate: read }, 60, steady(3)))).toEqual([]);
    for (const wrong of [null, undefined, 7, 'x', {}, { version: 3 }, { ...emptyBaseline(MONDAY), rates: [1] }, { ...emptyBaseline(MONDAY), closed: 'x' }]) {
      expect(readBaseline(wrong)).toBeUndefined();
    }
  });
});
