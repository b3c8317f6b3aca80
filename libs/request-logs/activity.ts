import type { Activity, ActivityPoint } from '@keytrail/contracts';
import { badRequest } from '@keytrail/platform';
import type { TimeRange } from './search.js';

const MINUTE = 60_000;
const DAY = 24 * 60;

/** Steps a series may have, in minutes: whole divisors of a day, so that steps begin on the hour or the day. */
const STEPS = [1, 5, 15, 30, 60, 180, 360, 720, DAY];

/** Points a series has at most. */
const MOST_POINTS = 400;

/** The smallest step, in minutes, that shows a range in at most {@link MOST_POINTS} points. */
export function chooseStep(range: TimeRange): number {
  const minutes = (range.to - range.from) / MINUTE;
  const step = STEPS.find((candidate) => minutes / candidate <= MOST_POINTS);
  if (step === undefined) throw badRequest('range_too_long', `The range is longer than ${MOST_POINTS} days.`);
  return step;
}

/** The range a series covers: whole steps that contain what was asked for. Default: the last 24 hours. */
export function activityRange(asked: Partial<TimeRange>, now: number): { range: TimeRange; step: number } {
  const to = asked.to ?? now;
  const from = asked.from ?? to - DAY * MINUTE;
  if (from >= to) throw badRequest('empty_range', 'from must lie before to.');
  const step = chooseStep({ from, to });
  const width = step * MINUTE;
  return { range: { from: Math.floor(from / width) * width, to: Math.ceil(to / width) * width }, step };
}

/** One step that had requests. `time`: epoch milliseconds of its start. */
export type StepCounts = Omit<ActivityPoint, 'time'> & { time: number };

/** A series without holes: steps without requests are zeros. */
export function fillSeries(keyId: string, range: TimeRange, step: number, counts: readonly StepCounts[], addresses: number): Activity {
  const byTime = new Map(counts.map((point) => [point.time, point]));
  const series: ActivityPoint[] = [];
  const totals = { requests: 0, errors: 0, denied: 0, rate_limited: 0, addresses };
  for (let time = range.from; time < range.to; time += step * MINUTE) {
    const point = byTime.get(time) ?? { requests: 0, errors: 0, denied: 0, rate_limited: 0, addresses: 0 };
    series.push({
      time: new Date(time).toISOString(), requests: point.requests, errors: point.errors, denied: point.denied,
      rate_limited: point.rate_limited, addresses: point.addresses,
    });
    totals.requests += point.requests;
    totals.errors += point.errors;
    totals.denied += point.denied;
    totals.rate_limited += point.rate_limited;
  }
  return { key_id: keyId, from: new Date(range.from).toISOString(), to: new Date(range.to).toISOString(), step_minutes: step, totals, series };
}
