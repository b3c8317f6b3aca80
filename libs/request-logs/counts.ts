import { badRequest } from '@keytrail/platform';
import type { RequestCounts } from '@keytrail/contracts';
import type { TimeRange } from './search.js';

const DAY_S = 86_400;
/** Steps that divide a day, in seconds. */
const STEPS_S = [1, 5, 10, 30, 60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, DAY_S];
const MOST_STEPS = 120;
const DEFAULT_MS = DAY_S * 1_000;

/** Whole steps that contain what was asked for; the last 24 hours unless told. Throws 400 `empty_range`, `range_too_long`. */
export function countedRange(asked: Partial<TimeRange>, now: number): { range: TimeRange; step_s: number } {
  const to = asked.to ?? now;
  const from = asked.from ?? to - DEFAULT_MS;
  if (from >= to) throw badRequest('empty_range', 'from must lie before to.');
  // What is longer is counted in more steps than are drawn well, up to a year and a month.
  const step_s = STEPS_S.find((step) => (to - from) / 1000 / step <= MOST_STEPS) ?? DAY_S;
  if ((to - from) / 1000 / step_s > 400) throw badRequest('range_too_long', 'The range is longer than 400 days.');
  const width = step_s * 1000;
  return { range: { from: Math.floor(from / width) * width, to: Math.ceil(to / width) * width }, step_s };
}

/** Epoch milliseconds of a step's start, and what came in it. */
export interface StepOutcomes { time: number; authorised: number; denied: number; rate_limited: number; error: number }

/** A series without holes, and its sums. */
export function fillCounts({ from, to }: TimeRange, step_s: number, counted: readonly StepOutcomes[]): RequestCounts {
  const byTime = new Map(counted.map((step) => [step.time, step]));
  const totals = { authorised: 0, denied: 0, rate_limited: 0, error: 0 };
  const series: RequestCounts['series'] = [];
  for (let time = from; time < to; time += step_s * 1000) {
    const { authorised = 0, denied = 0, rate_limited = 0, error = 0 } = byTime.get(time) ?? {};
    series.push({ time: new Date(time).toISOString(), authorised, denied, rate_limited, error });
    totals.authorised += authorised;
    totals.denied += denied;
    totals.rate_limited += rate_limited;
    totals.error += error;
  }
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString(), step_s, totals, series };
}
