import { describe, expect, it } from '@jest/globals';
import { failureOfConnection, failureOfStatus, PlatformFailure } from './platform-failure.js';

describe('a call of the key platform that failed', () => {
  it.each([
    [301, 'redirected', 'unknown'], [400, 'refused', 'none'], [401, 'unauthorised', 'none'], [403, 'unauthorised', 'none'], [404, 'not_found', 'none'], [408, 'timed_out', 'unknown'],
    [409, 'refused', 'unknown'], [422, 'refused', 'none'], [429, 'too_many_requests', 'none'], [500, 'failed', 'unknown'], [503, 'failed', 'unknown'],
  ] as const)('with status %d is %s, of effect %s', (status, reason, effect) => {
    expect(failureOfStatus(status)).toMatchObject({ reason, effect, answered: true, code: `key_platform_${reason}`, status: 502 });
  });

  it('did nothing only where it was never sent', () => {
    for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'CERT_HAS_EXPIRED']) expect(failureOfConnection({ name: 'TypeError', cause: { code } })).toMatchObject({ reason: 'unreachable', effect: 'none' });
    for (const error of [{ name: 'TypeError', cause: { code: 'ECONNRESET' } }, { name: 'TypeError', cause: { code: 'UND_ERR_SOCKET' } }, new Error('?'), undefined]) {
      expect(failureOfConnection(error)).toMatchObject({ effect: 'unknown', answered: false });
    }
    expect(failureOfConnection({ name: 'TimeoutError' })).toMatchObject({ reason: 'timed_out', effect: 'unknown', answered: false });
  });

  it('is in doubt when an earlier try may have been heard, and says so', () => {
    const failure = new PlatformFailure('unreachable', 'none', false);
    expect(failure.message).not.toContain('may have been done');
    expect(failure.inDoubt()).toMatchObject({ reason: 'unreachable', effect: 'unknown', message: expect.stringContaining('may have been done') });
  });
});
