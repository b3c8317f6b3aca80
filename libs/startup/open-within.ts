import { setTimeout as delay } from 'node:timers/promises';
import type { LoggerService } from '@nestjs/common';
import { isStoreOutage } from '@keytrail/platform';

export interface Patience {
  /** Milliseconds in all; what is tried at their end is tried to its own end. */
  withinMs: number;
  /** Before the second try, doubled from try to try up to `longestMs`. */
  firstMs?: number;
  longestMs?: number;
}

/**
 * Opens a store that may not be up yet: tries again while it does not answer, and says so. Rejects with the last error when it did not
 * come in time, and at once with any other, such as a wrong password.
 */
export async function openWithin<Store>(
  what: string, open: () => Promise<Store>, { withinMs, firstMs = 500, longestMs = 5_000 }: Patience, logger: Pick<LoggerService, 'warn' | 'log'>,
): Promise<Store> {
  const start = performance.now();
  for (let wait = firstMs, tries = 1; ; wait = Math.min(wait * 2, longestMs), tries += 1) {
    try {
      const store = await open();
      if (tries > 1) logger.log(`${what} answers`, 'start');
      return store;
    } catch (error) {
      const left = withinMs - (performance.now() - start);
      if (!isStoreOutage(error) || left <= 0) throw error;
      const next = Math.ceil(Math.min(wait, left));
      logger.warn(`${what} does not answer, trying again in ${next} ms, for ${Math.ceil(left / 1_000)} s at most: ${reasonOf(error)}`, 'start');
      await delay(next);
    }
  }
}

/** A host with several addresses fails with one error that says nothing itself. */
function reasonOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  return message || code || 'no reason given';
}
