import { describe, expect, it } from '@jest/globals';
import { ownerLeft } from './owner-left.js';
import { goodKey, inDays, now } from './testing.js';

const withOwner = (status: 'active' | 'left', left_at: Date | null) => goodKey({ owner: { ...goodKey().owner, status, left_at } });

describe('owner-left', () => {
  it('is violated from the day the owner left', () => {
    expect(ownerLeft.judge(withOwner('left', inDays(-3)), now)).toEqual({
      severity: 'breach', since: inDays(-3), due_at: null, summary: 'The API key payments-production belongs to Payments, who left.',
    });
  });

  it('goes by the status, not by the date: an owner who came back is there, and one without a date has left all the same', () => {
    expect(ownerLeft.judge(withOwner('active', inDays(-3)), now)).toBe('kept');
    expect(ownerLeft.judge(withOwner('active', null), now)).toBe('kept');
    expect(ownerLeft.judge(withOwner('left', null), now)).toMatchObject({ severity: 'breach', since: null });
  });
});
