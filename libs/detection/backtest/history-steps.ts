/** Requests of ten minutes of history. `slice`: the number of the ten minutes since the epoch. */
export interface HistorySlice { slice: number; requests: number }

/** What is judged together: a span of the requests' own clock, epoch milliseconds, `until` not in it. */
export interface HistoryStep { since: number; until: number; requests: number }

const SLICE_MS = 10 * 60_000;
const MINUTE = 60_000;
/** A step holds about so many requests at most; ten minutes with very many are cut into minutes. */
const REQUESTS_A_STEP = 50_000;

/** Cuts a period into steps that fit into memory, oldest first; ten minutes without requests cost nothing. */
export function stepsOf(slices: readonly HistorySlice[], from: number, to: number): HistoryStep[] {
  const steps: HistoryStep[] = [];
  let open: HistoryStep | undefined;
  for (const { slice, requests } of slices) {
    const [since, until] = [Math.max(from, slice * SLICE_MS), Math.min(to, (slice + 1) * SLICE_MS)];
    if (since >= until) continue;
    if (requests > 2 * REQUESTS_A_STEP) {
      open = undefined;
      const minutes = Math.ceil((until - since) / MINUTE);
      for (let at = since; at < until; at += MINUTE) steps.push({ since: at, until: Math.min(until, at + MINUTE), requests: requests / minutes });
    } else if (open !== undefined && open.requests + requests <= REQUESTS_A_STEP) {
      open.until = until;
      open.requests += requests;
    } else {
      open = { since, until, requests };
      steps.push(open);
    }
  }
  return steps;
}
