import type { CallerActivity } from './types.js';

/** Minutes of the requests' own clock that are judged together. */
export const SLICE_MINUTES = 10;

/**
 * Cuts activity into slices of the requests' own clock, oldest first; slices without activity are left out. An import of days and a live
 * minute are judged in the same steps, so that what is found does not depend on how much arrived at once.
 */
export function slicesOf(activity: readonly CallerActivity[]): CallerActivity[][] {
  const slices = new Map<number, CallerActivity[]>();
  for (const group of activity) {
    const slice = Math.floor(group.minute / SLICE_MINUTES);
    const groups = slices.get(slice);
    if (groups === undefined) slices.set(slice, [group]);
    else groups.push(group);
  }
  return [...slices].sort(([a], [b]) => a - b).map(([, groups]) => groups);
}

/** Groups by key or workspace, in the order they came. */
export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** A stretch of the requests' own clock, epoch milliseconds, both ends in it. */
export interface Span { from: number; to: number }

const HOUR = 60 * 60_000;

/** When activity was, an hour at a time, oldest first: what arrives late must not make one look through all that lies between. */
export function spansOf(activity: readonly CallerActivity[]): Span[] {
  const spans = new Map<number, Span>();
  for (const { first_time, last_time } of activity) {
    const hour = Math.floor(first_time / HOUR);
    const span = spans.get(hour);
    spans.set(hour, { from: Math.min(first_time, span?.from ?? Infinity), to: Math.max(last_time, span?.to ?? -Infinity) });
  }
  return [...spans.values()].sort((a, b) => a.from - b.from);
}
