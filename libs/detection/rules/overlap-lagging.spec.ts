import { describe, expect, it } from '@jest/globals';
import { overlapLagging, type EndingOverlap } from './overlap-lagging.js';
import { NOON } from './testing.js';

const HOUR = 3_600_000;
const overlap = (fields: Partial<EndingOverlap> = {}): EndingOverlap => ({
  workspace_id: 'shop', key_id: 'key-1', name: 'orders-production', owner_name: 'Orders', successor_id: 'key-2', started_at: NOON, ends_at: NOON + 100 * HOUR,
  old_requests: 60, new_requests: 40, hours: 24, ...fields,
});
const decide = (fields: Partial<EndingOverlap> = {}, hours = 80) =>
  overlapLagging.decide({ workspace_id: 'shop', key_id: 'key-1', overlap: overlap(fields), now: NOON + hours * HOUR }, overlapLagging.settings);

describe('overlap-lagging', () => {
  it('sees an old key that makes most of the calls in the last quarter of its overlap', () => {
    expect(decide()).toMatchObject([{
      severity: 'medium', key_id: 'key-1', principal: 'Orders', evidence: { counts: { old_key: 60, new_key: 40 } },
      summary: '60 % of 100 calls in the last 24 hours were still made with orders-production, whose overlap with key-2 ends on 2026-01-09T16:00Z',
    }]);
  });

  it('says the same however often it is asked', () => {
    expect(decide({}, 99)).toMatchObject(decide().map(({ first_seen, last_seen, episode }) => ({ first_seen, last_seen, episode })));
  });

  it.each<[string, Partial<EndingOverlap>, number]>([
    ['the first three quarters', {}, 74], ['what comes after the end', {}, 100], ['a key that most have left', { old_requests: 40, new_requests: 60 }, 80],
    ['a key that hardly anybody uses', { old_requests: 9, new_requests: 0 }, 80],
  ])('lets pass %s', (_, fields, hours) => {
    expect(decide(fields, hours)).toEqual([]);
  });
});
