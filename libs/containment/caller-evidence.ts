/** A caller of a key: where it comes from and what it says it is. */
export interface CallerIdentity {
  /** IPv4 by /24, IPv6 by /48; a host name as it is. */
  network: string;
  user_agent: string;
}

/** What request logs tell of a caller, before and since an instant. Times are epoch milliseconds; null = never. */
export interface CallerEvidence extends CallerIdentity {
  /** With the old key, before the instant. */
  before: number;
  last_before: number | null;
  /** With the old key, since. */
  old_accepted: number;
  old_refused: number;
  first_old_refused: number | null;
  last_old: number | null;
  /** With its successors, since. */
  new_accepted: number;
  first_new_accepted: number | null;
  last_new_accepted: number | null;
  new_refused: number;
  first_new_refused: number | null;
  last_new_refused: number | null;
}

/** What request logs tell of a gateway node and the old key. */
export interface NodeEvidence {
  gateway_node: string;
  last_accepted: number | null;
  accepted_after: number;
  last_accepted_after: number | null;
  /** Neither accepted nor refused: an error that may have come before or after the key was checked. */
  errors_after: number;
  refused_after: number;
  first_refusal: number | null;
}

export const isoOf = (ms: number): string => new Date(ms).toISOString();
export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : isoOf(ms));

/** The latest of instants that may be missing. */
export const latest = (...times: (number | null)[]): number | null =>
  times.reduce<number | null>((most, time) => (time !== null && (most === null || time > most) ? time : most), null);
