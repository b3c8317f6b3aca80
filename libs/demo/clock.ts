/** Time as the demo and its HTTP calls see it; the composition root gives the real one. */
export interface DemoClock {
  /** Epoch milliseconds. */
  now(): number;
  /** Rejects with the signal's reason as soon as it aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}
