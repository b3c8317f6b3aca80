import { setTimeout as wait } from 'node:timers/promises';

/** Time as the demo and its HTTP calls see it. */
export interface DemoClock {
  /** Epoch milliseconds. */
  now(): number;
  /** Rejects with the signal's reason as soon as it aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: DemoClock = {
  now: () => Date.now(),
  sleep: (milliseconds, signal) => wait(Math.max(0, milliseconds), undefined, signal ? { signal } : {}),
};
