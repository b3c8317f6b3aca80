import { describe, expect, it } from '@jest/globals';
import type { ReachAlarm } from '../reach.js';
import { addressSpike } from './address-spike.js';
import { egressVolume } from './egress-volume.js';
import { activity, MINUTE, NOON } from './testing.js';

const minute = NOON / MINUTE;
const alarm = (kind: ReachAlarm['kind'], seen: number, expected: number): ReachAlarm => ({ kind, minute, window_minutes: 4, seen, expected, score: 8.123 });
const input = (one: ReachAlarm, groups = [...strangers, activity({ bytes_out: 900_000 })]) => ({ workspace_id: 'shop', key_id: 'key-1', principal: 'orders', alarm: one, activity: groups });
const strangers = Array.from({ length: 12 }, (_, index) => activity({ address: `203.0.113.${index}`, bytes_out: index === 0 ? 70_000_000 : 20_000 }));

describe('address-spike', () => {
  it('says how many addresses there are and how many are usual', () => {
    expect(addressSpike.decide(input(alarm('addresses', 13, 2.3)), addressSpike.settings)).toMatchObject([{
      rule_id: 'address-spike', severity: 'medium', summary: '13 addresses in 4 minutes where 2.3 are usual in a quarter of an hour, in 2 networks',
      evidence: { seen: 13, expected: 2.3, window_minutes: 4, score: 8.12, counts: { addresses: 13, networks: 2 } },
    }]);
  });

  it('asks for as many as are set, and says nothing of bytes', () => {
    expect(addressSpike.decide(input(alarm('addresses', 13, 2.3)), { min_addresses: 20, min_ratio: 3 })).toEqual([]);
    expect(addressSpike.decide(input(alarm('addresses', 13, 6)), addressSpike.settings)).toEqual([]);
    expect(addressSpike.decide(input(alarm('bytes', 71_120_000, 1_000_000)), addressSpike.settings)).toEqual([]);
  });
});

describe('egress-volume', () => {
  it('says how much it was, how much is usual, and who makes the excess', () => {
    expect(egressVolume.decide(input(alarm('bytes', 71_120_000, 1_500_000)), egressVolume.settings)).toMatchObject([{
      rule_id: 'egress-volume', addresses: ['203.0.113.0'],
      summary: '71 MB in 4 minutes where 1.5 MB are usual in a quarter of an hour, 70 MB of them to 1 address',
      evidence: { seen: 71_120_000, expected: 1_500_000, counts: { bytes: 71_120_000, bytes_of_callers: 70_000_000 } },
    }]);
  });

  it('asks for as much as is set, and says nothing of addresses or without bytes', () => {
    expect(egressVolume.decide(input(alarm('bytes', 71_120_000, 1_500_000)), { min_megabytes: 100, min_ratio: 3 })).toEqual([]);
    expect(egressVolume.decide(input(alarm('bytes', 71_120_000, 1_500_000), [activity()]), egressVolume.settings)).toEqual([]);
    expect(egressVolume.decide(input(alarm('addresses', 13, 2.3)), egressVolume.settings)).toEqual([]);
  });
});
