import type { CallerActivity } from '../types.js';

/** Evidence and drafts name at most this many of anything. */
export const EVIDENCE_LIMIT = 50;

export const requestsOf = (activity: readonly CallerActivity[]): number =>
  activity.reduce((sum, group) => sum + group.requests, 0);

/** Distinct values that are known, in the order they came. */
export const distinct = (values: Iterable<string>): string[] => [...new Set(values)].filter((value) => value !== '');

export const isDenied = (group: CallerActivity): boolean => group.outcome === 'unauthorised' || group.outcome === 'forbidden';

/** First and last request, epoch milliseconds. Null when there is no activity. */
export function spanOf(activity: readonly CallerActivity[]): { first_seen: number; last_seen: number } | null {
  if (activity.length === 0) return null;
  return {
    first_seen: activity.reduce((first, group) => Math.min(first, group.first_time), Infinity),
    last_seen: activity.reduce((last, group) => Math.max(last, group.last_time), -Infinity),
  };
}

/** Addresses by number of requests, busiest first. */
export function busiestAddresses(activity: readonly CallerActivity[]): [address: string, requests: number][] {
  const sums = new Map<string, number>();
  for (const { address, requests } of activity) if (address !== '') sums.set(address, (sums.get(address) ?? 0) + requests);
  return [...sums].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

/** Who called: the parts of a finding's evidence that come straight from the activity. */
export function callersOf(activity: readonly CallerActivity[]) {
  const addresses = busiestAddresses(activity).map(([address]) => address);
  return {
    request_ids: distinct(activity.flatMap((group) => group.request_ids)).slice(0, EVIDENCE_LIMIT),
    addresses: addresses.slice(0, EVIDENCE_LIMIT),
    routes: distinct(activity.flatMap((group) => group.routes)).slice(0, EVIDENCE_LIMIT),
    countries: distinct(activity.map((group) => group.country)).slice(0, EVIDENCE_LIMIT),
    user_agents: distinct(activity.map((group) => group.user_agent)).slice(0, EVIDENCE_LIMIT),
    runtimes: distinct(activity.flatMap((group) => group.signs.filter((sign) => sign.startsWith(RUNTIME)).map((sign) => sign.slice(RUNTIME.length)))).slice(0, EVIDENCE_LIMIT),
    fingerprints: distinct(activity.filter((group) => group.key_id === '').map((group) => group.key_fingerprint)).slice(0, EVIDENCE_LIMIT),
  };
}

const RUNTIME = 'runtime:';

/** `1 request`, `3 requests`, `2 addresses`. */
export const plural = (count: number, noun: string): string =>
  `${count} ${count === 1 ? noun : `${noun}${/s$/.test(noun) ? 'es' : 's'}`}`;
