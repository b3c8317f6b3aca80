import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';

export interface WaitOptions {
  /** What is awaited, as it should read in the error: `the incident to appear`. */
  what: string;
  /** Milliseconds until the wait fails. Default 15 000. */
  timeoutMs?: number;
  /** Milliseconds between two looks. Default 50. */
  intervalMs?: number;
}

/**
 * Polls `condition` until it answers something truthy and returns that. A condition that throws counts as not met yet.
 * Fails with what was awaited and the last value or error seen; a look that never returns is cut off at the deadline too.
 */
export async function waitFor<T>(condition: () => T | Promise<T>, options: WaitOptions): Promise<NonNullable<T>> {
  const { what, timeoutMs = 15_000, intervalMs = 50 } = options;
  const deadline = performance.now() + timeoutMs;
  let seen = 'nothing yet: the condition had not answered';
  let cause: unknown;
  for (;;) {
    const look = lookOnce(condition);
    const answer = await Promise.race([look, delay(Math.max(0, deadline - performance.now()), 'late' as const, { ref: false })]);
    if (answer !== 'late') {
      if ('value' in answer && answer.value) return answer.value;
      if ('value' in answer) seen = `value: ${inspect(answer.value, { depth: 4, breakLength: 120 })}`;
      else {
        seen = `error: ${answer.error instanceof Error ? answer.error.message : inspect(answer.error)}`;
        cause = answer.error;
      }
    }
    if (performance.now() + intervalMs > deadline) break;
    await delay(intervalMs);
  }
  throw new Error(`Waited ${timeoutMs} ms for ${what}; last ${seen}`, { cause });
}

async function lookOnce<T>(condition: () => T | Promise<T>): Promise<{ value: T } | { error: unknown }> {
  try {
    return { value: await condition() };
  } catch (error) {
    return { error };
  }
}
