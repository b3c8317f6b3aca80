import { describe, expect, it } from '@jest/globals';
import { leakNotContained } from './leak-not-contained.js';
import { MINUTE, NOON } from './testing.js';

const leak = { workspace_id: 'shop', key_id: 'key-1', name: 'orders-production', owner_name: 'Orders', leaked_at: NOON };
const decide = (minutes: number) => leakNotContained.decide({ workspace_id: 'shop', key_id: 'key-1', leak, now: NOON + minutes * MINUTE }, leakNotContained.settings);

describe('leak-not-contained', () => {
  it('sees a leaked key that is still good after half an hour', () => {
    expect(decide(30)).toMatchObject([{ severity: 'high', key_id: 'key-1', first_seen: NOON, last_seen: NOON + 30 * MINUTE }]);
  });

  it('says the same however often it is asked', () => {
    expect(decide(3_000)).toEqual(decide(30));
  });

  it('gives people their half hour', () => {
    expect(decide(29)).toEqual([]);
  });
});
