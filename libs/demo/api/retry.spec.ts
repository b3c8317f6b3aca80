import { describe, expect, it } from '@jest/globals';
import { ApiError, ConnectionError } from './errors.js';
import { delayBeforeRetry, maxAttempts, retryAfterMs } from './retry.js';

const now = Date.UTC(2025, 10, 21, 9);
const answered = (status: number, retryAfter: string | null = null) => new ApiError('', status, '', undefined, retryAfter);

describe('when a call is made again', () => {
  it.each([
    ['429 with Retry-After', answered(429, '3'), false, 3_000],
    ['429 without', answered(429), false, 250],
    ['503', answered(503), false, 250],
    ['connection refused', new ConnectionError('', 'ECONNREFUSED'), false, 250],
    ['connection broken, replayable', new ConnectionError('', 'ECONNRESET'), true, 250],
    ['connection broken, not replayable', new ConnectionError('', 'ECONNRESET'), false, null],
    ['no such host', new ConnectionError('', 'ENOTFOUND'), true, null],
    ['400', answered(400), true, null],
    ['413', answered(413), true, null],
    ['500', answered(500), true, null],
    ['a mistake of ours', new TypeError('x'), true, null],
  ])('%s', (_name, error, replayable, delay) => {
    expect(delayBeforeRetry(error, 1, replayable, now)).toBe(delay);
  });

  it('waits longer each time, and ends', () => {
    const delays = Array.from({ length: maxAttempts }, (_, index) => delayBeforeRetry(answered(503), index + 1, false, now));
    expect(delays).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000, 8_000, null]);
  });

  it('reads Retry-After as seconds and as a date, and bounds it', () => {
    expect(retryAfterMs('0', now)).toBe(0);
    expect(retryAfterMs(new Date(now + 5_000).toUTCString(), now)).toBe(5_000);
    expect(retryAfterMs(new Date(now - 5_000).toUTCString(), now)).toBe(0);
    expect(retryAfterMs('86400', now)).toBe(60_000);
    expect(retryAfterMs('soon', now)).toBeNull();
    expect(retryAfterMs('', now)).toBeNull();
  });
});
