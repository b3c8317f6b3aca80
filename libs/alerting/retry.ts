const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Between attempts: soon at first, and for more than four days in all. */
const WAITS = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 12 * HOUR, 16 * HOUR, 24 * HOUR, 24 * HOUR, 24 * HOUR];
const JITTER = 0.2;
const LONGEST_ASKED = 24 * HOUR;

export const MOST_ATTEMPTS = WAITS.length + 1;

/**
 * Milliseconds to wait after the given number of attempts; undefined: it is given up. `random` from 0 to 1 spreads what failed together;
 * a receiver that asks for more time gets it, a day at most.
 */
export function waitAfter(attempts: number, random: number, askedMs = 0): number | undefined {
  const wait = WAITS[attempts - 1];
  if (wait === undefined) return undefined;
  return Math.round(Math.max(wait * (1 - JITTER + 2 * JITTER * random), Math.min(askedMs, LONGEST_ASKED)));
}
