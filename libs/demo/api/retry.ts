import type { DemoClock } from '../clock.js';
import { ApiError, ConnectionError } from './errors.js';

const firstDelayMs = 250;
const longestDelayMs = 8_000;
const longestRetryAfterMs = 60_000;

/** Some 40 seconds of patience with the delays above: a server that restarts is back by then. */
export const maxAttempts = 10;

/** Retry-After (seconds or an HTTP date) in milliseconds; null when it is absent or makes no sense. */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null || header.trim() === '') return null;
  const seconds = Number(header);
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now;
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), longestRetryAfterMs) : null;
}

/**
 * How long to wait before the next attempt, or null to give up. A connection that broke may have been heard, so only
 * `replayable` calls are sent again then; one that was refused was not.
 */
export function delayBeforeRetry(error: unknown, attempt: number, replayable: boolean, now: number): number | null {
  if (attempt >= maxAttempts) return null;
  const backOff = Math.min(firstDelayMs * 2 ** (attempt - 1), longestDelayMs);
  if (error instanceof ApiError) {
    const again = error.status === 429 || error.status === 503 || (replayable && (error.status === 502 || error.status === 504));
    return again ? (retryAfterMs(error.retryAfter, now) ?? backOff) : null;
  }
  if (error instanceof ConnectionError) {
    if (error.code === 'ENOTFOUND') return null;
    return replayable || error.code === 'ECONNREFUSED' ? backOff : null;
  }
  return null;
}

/** `call` until it succeeds, is refused for good, or patience or the signal ends. */
export async function withRetry<T>(
  call: () => Promise<T>, options: { clock: DemoClock; replayable: boolean; signal?: AbortSignal | undefined },
): Promise<T> {
  const { clock, replayable, signal } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      const delay = delayBeforeRetry(error, attempt, replayable, clock.now());
      if (delay === null) throw error;
      await clock.sleep(delay, signal);
    }
  }
}
