import { describe, expect, it } from '@jest/globals';
import { expiringSoon } from './expiring-soon.js';
import { goodKey, inDays, now } from './testing.js';

describe('expiring-soon', () => {
  it('warns from seven days before', () => {
    expect(expiringSoon.judge(goodKey({ expires_at: new Date(inDays(7).getTime() + 1) }), now)).toBe('kept');
    expect(expiringSoon.judge(goodKey({ expires_at: inDays(7) }), now)).toEqual({
      severity: 'warn', since: now, due_at: inDays(7), summary: 'The API key payments-production expires on 2026-06-08.',
    });
    expect(expiringSoon.judge(goodKey({ expires_at: new Date(now.getTime() + 1) }), now)).toMatchObject({ severity: 'warn' });
  });

  it('has nothing to say of a key without an end, or of one whose successor is there', () => {
    expect(expiringSoon.judge(goodKey(), now)).toBe('kept');
    expect(expiringSoon.judge(goodKey({ expires_at: inDays(1), successor_at: inDays(-1) }), now)).toBe('kept');
  });
});
