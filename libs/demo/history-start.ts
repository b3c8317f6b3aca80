const DAY_MS = 24 * 60 * 60_000;
/** 1970-01-05. */
const A_MONDAY = 4 * DAY_MS;

/**
 * Where a history of at least `days` begins: on a Monday at 00:00 UTC, as deployments do. A key whose first day is a Friday looks idle
 * until Monday, and its first full working day would stand out.
 */
export function historyStart(to: number, days: number): number {
  const from = to - days * DAY_MS;
  const week = 7 * DAY_MS;
  return Math.floor((from - A_MONDAY) / week) * week + A_MONDAY;
}
