import { describe, expect, it } from '@jest/globals';
import { goodKey, inDays, now } from './testing.js';
import { unusedKey } from './unused-key.js';

const judge = (created: Date, last_used_at: Date | null | undefined) => unusedKey.judge(goodKey({ created_at: created, last_used_at }), now);
const moments = (ms: number, from: Date) => new Date(from.getTime() + ms);

describe('unused-key', () => {
  it('is violated when the last use is 90 days ago', () => {
    expect(judge(inDays(-200), moments(1, inDays(-90)))).toBe('kept');
    expect(judge(inDays(-200), inDays(-90))).toMatchObject({ severity: 'warn', since: inDays(-90), due_at: null, summary: expect.stringContaining('since 2026-03-03') });
  });

  it('counts from when the key was made where it was never used', () => {
    expect(judge(moments(1, inDays(-90)), null)).toBe('kept');
    expect(judge(inDays(-90), null)).toMatchObject({ since: inDays(-90), summary: expect.stringContaining('since it was made') });
  });

  it('says nothing where the request logs could not be asked, unless the key is too young anyway', () => {
    expect(judge(inDays(-200), undefined)).toBe('unknown');
    expect(judge(inDays(-89), undefined)).toBe('kept');
  });

  it('is not fooled by use before the key was made, nor by use that lies ahead', () => {
    expect(judge(inDays(-10), inDays(-300))).toBe('kept');
    expect(judge(inDays(-100), inDays(-300))).toMatchObject({ since: inDays(-100) });
    expect(judge(inDays(-200), inDays(1))).toBe('kept');
  });
});
