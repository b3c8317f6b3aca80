import { LAST_EXPIRY, badRequest } from '@keytrail/platform';

/** The end that a key is asked to have; null = none. Throws 400 `expiry_in_the_past` and `expiry_too_far`. */
export function askedExpiry(expires: string | null | undefined, now: Date): Date | null {
  if (expires === undefined || expires === null) return null;
  const date = new Date(expires);
  if (date <= now) throw badRequest('expiry_in_the_past', 'expires_at lies in the past.');
  if (date > LAST_EXPIRY) throw badRequest('expiry_too_far', 'expires_at lies beyond the year 9999.');
  return date;
}
