import type { SendAnswer } from './transport.js';

export interface RetryOptions {
  /** Milliseconds before the first retry; doubled with each further one. */
  firstMs: number;
  /** Milliseconds that the waits do not grow beyond. Retry-After may ask for more. */
  longestMs: number;
  /** Milliseconds after which a batch is given up. Keytrail knows an Idempotency-Key for 7 days: stay far below. */
  giveUpAfterMs: number;
}

export type NextStep =
  | { kind: 'done' }
  | { kind: 'reject'; reason: string }
  | { kind: 'split' }
  | { kind: 'wait'; ms: number }
  | { kind: 'give up'; reason: string };

const LONGEST_RETRY_AFTER_MS = 300_000;

/**
 * What to do after an answer. `attempt` counts from 1; `triedForMs` is the time since the first; `random` is from 0 to below 1: producers
 * that failed together do not come back together.
 */
export function nextStep(answer: SendAnswer, state: { lines: number; attempt: number; triedForMs: number; random: number }, options: RetryOptions): NextStep {
  switch (answer.kind) {
    case 'stored':
      return { kind: 'done' };
    case 'refused':
      return { kind: 'reject', reason: answer.reason };
    case 'too large':
      return state.lines > 1 ? { kind: 'split' } : { kind: 'reject', reason: 'too large' };
    case 'later': {
      if (state.triedForMs >= options.giveUpAfterMs) return { kind: 'give up', reason: answer.reason };
      const backOff = Math.min(options.longestMs, options.firstMs * 2 ** Math.min(state.attempt - 1, 30));
      const jittered = backOff * (0.5 + state.random / 2);
      return { kind: 'wait', ms: answer.afterMs === undefined ? jittered : Math.max(jittered, answer.afterMs + state.random * options.firstMs) };
    }
  }
}

/** Retry-After (seconds or an HTTP date) in milliseconds; undefined when it is absent or makes no sense. */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const seconds = Number(header);
  const wait = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(header) - now;
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), LONGEST_RETRY_AFTER_MS) : undefined;
}
