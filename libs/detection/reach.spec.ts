import { describe, expect, it } from '@jest/globals';
import { seeded } from './baseline/testing.js';
import { emptyReach, watchReach, type Reach, type ReachAlarm } from './reach.js';
import { activity, MINUTE, NOON } from './rules/testing.js';
import type { CallerActivity } from './types.js';

const START = NOON / MINUTE;
const normal = (random: () => number): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const group = (minute: number, overrides: Partial<CallerActivity>) => activity({ at: minute * MINUTE, ...overrides });

/** So many addresses, those of a pool in turn, each answered with about so many bytes; more of both in the day. */
function usual(minute: number, random: () => number, addresses: number, bytes: number): CallerActivity[] {
  const day = 1 + 0.7 * Math.sin(2 * Math.PI * minute / 1440);
  const count = Math.max(1, Math.round(addresses * day * Math.exp(0.2 * normal(random)) / 5));
  return Array.from({ length: count }, () => group(minute, {
    address: `198.51.${Math.floor(random() * 4)}.${Math.floor(random() * 60)}`, bytes_out: Math.round(bytes * day * Math.exp(0.5 * normal(random)) / count),
  }));
}

/** Every fifth minute of some days. */
function live(days: number, of: (minute: number, random: () => number) => CallerActivity[], reach = emptyReach()): { reach: Reach; alarms: ReachAlarm[]; end: number } {
  const random = seeded(7);
  const alarms: ReachAlarm[] = [];
  const end = START + days * 1440;
  for (let minute = START; minute < end; minute += 5) alarms.push(...watchReach(reach, of(minute, random)));
  return { reach, alarms, end };
}

const strangers = (minute: number, count: number, bytes = 0) => Array.from({ length: count }, (_, index) => group(minute, { address: `203.0.113.${index}`, bytes_out: bytes }));

describe('from where a key is used and what it is answered with', () => {
  it.each([[1, 1_000], [20, 50_000], [60, 5_000_000]])('raises nothing in a month of a key with %d addresses and %d bytes in five minutes', (addresses, bytes) => {
    expect(live(28, (minute, random) => usual(minute, random, addresses, bytes)).alarms).toEqual([]);
  });

  it('sees many more addresses, by what there are and what is usual', () => {
    const { reach, end } = live(7, (minute, random) => usual(minute, random, 5, 1000));
    const [alarm, ...others] = watchReach(reach, strangers(end + 1, 80));
    expect(others).toEqual([]);
    expect(alarm).toMatchObject({ kind: 'addresses', minute: end + 1, window_minutes: 2 });
    expect(Math.abs(alarm!.seen - 80)).toBeLessThan(8);
    expect(alarm!.expected).toBeLessThan(10);
  });

  it('sees much more data as soon as it came, in however many pieces it arrives', () => {
    const { reach, end } = live(7, (minute, random) => usual(minute, random, 5, 200_000));
    expect(watchReach(reach, [group(end, { bytes_out: 5_000_000 })])).toEqual([]);
    expect(watchReach(reach, [group(end + 1, { bytes_out: 4_000_000 })])).toEqual([]);
    expect(watchReach(reach, [group(end + 2, { bytes_out: 41_000_000 })])).toMatchObject([{ kind: 'bytes', seen: 50_000_000, window_minutes: 3 }]);
  });

  it('says nothing in the first day, of logs without bytes or addresses, and of what is too little', () => {
    const { reach, end } = live(0.5, (minute, random) => usual(minute, random, 5, 1000));
    expect(watchReach(reach, strangers(end, 80, 1_000_000))).toEqual([]);
    const bare = live(14, (minute) => [group(minute, { address: '', bytes_out: 0 })]);
    expect(bare.alarms).toEqual([]);
    expect(bare.reach.volume.seen.every((blocks) => blocks === 0)).toBe(true);
    const quiet = live(7, (minute) => [group(minute, { bytes_out: 100 })]);
    expect(watchReach(quiet.reach, strangers(quiet.end, 8, 100_000))).toEqual([]);
  });

  it('learns what comes again every night, and hardly anything of one attack', () => {
    const nightly = live(28, (minute, random) => (minute % 1440 === 120 ? [group(minute, { bytes_out: 300_000_000 })] : usual(minute, random, 5, 200_000)));
    expect(nightly.alarms.filter(({ minute }) => minute > START + 14 * 1440).length).toBeLessThanOrEqual(1);
    const { reach, end } = live(14, (minute, random) => usual(minute, random, 5, 200_000));
    for (const later of [0, 24 * 60]) {
      expect(watchReach(reach, [group(end + later, { bytes_out: 200_000_000 })])).toHaveLength(1);
      watchReach(reach, usual(end + later + 30, seeded(3), 5, 200_000));
    }
  });

  it('leaves out what comes after its quarter of an hour was closed', () => {
    const { reach, end } = live(7, (minute, random) => usual(minute, random, 5, 1000));
    expect(watchReach(reach, strangers(end - 60, 80, 1_000_000))).toEqual([]);
  });
});
