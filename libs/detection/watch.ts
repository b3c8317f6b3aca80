import type { Alarm, BaselineState, Shares, Verdict } from './baseline/index.js';
import type { Reach, ReachAlarm } from './reach.js';

export interface MinuteCount {
  minute: number;
  requests: number;
  denied: number;
  /** Calls that failed on the side of the service. */
  errors: number;
}

/** What is remembered of a key between ticks; JSON, a few kB. Minutes are epoch minutes of the requests' own clock. */
export interface KeyWatch {
  baseline: BaselineState;
  /** How the key's calls go, up to the same minute. */
  shares: Shares;
  /** When the key was first seen, epoch milliseconds. */
  first_seen: number;
  /** The last minutes with requests, oldest first; those after `baseline.closed` are still open. */
  recent: MinuteCount[];
  /** Requests and denied calls before those minutes, decaying. */
  prior: { requests: number; denied: number };
  /** From how many addresses it is used, and what it is answered with. */
  reach: Reach;
}

export interface WatchedMinutes {
  watch: KeyWatch;
  /** Minutes that stand out, oldest first. */
  spikes: Verdict[];
  /** What else is unusual: too few requests, too many errors, too many denied calls. Oldest first. */
  alarms: Alarm[];
  /** Far more addresses or bytes than usual. */
  reach: ReachAlarm[];
}
