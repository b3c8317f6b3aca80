/** A stretch of an unusual rate or share: one story, however many minutes and windows saw it. Epoch minutes, UTC. */
export interface Episode {
  started_at: number;
  /** The last minute that was still unusual. */
  last_high: number;
  peak_score: number;
  /** Null while it is on; then the first minute that was normal again. */
  ended_at: number | null;
}

/** What one minute of one key looks like against the key's own baseline. The numbers are those of the window that stands out most. */
export interface Verdict {
  minute: number;
  /** Whether the rate is too high at this minute. An episode outlives short lulls, so `episode` may be on while this is false. */
  spike: boolean;
  window_minutes: number;
  seen: number;
  expected: number;
  /** Near a standard normal deviate; 0 while there is too little to judge. */
  score: number;
  episode: Episode | null;
}

export type AlarmKind = 'spike' | 'drop' | 'errors' | 'denied';

/** A minute that is unusual in one respect. The numbers are those of the window that stands out most. */
export interface Alarm {
  kind: AlarmKind;
  minute: number;
  window_minutes: number;
  /** Requests in the window; of `errors` and `denied`, how many of them went wrong. */
  seen: number;
  expected: number;
  /** Standard deviations, above 0 for drops too. */
  score: number;
  /** Whether the episode begins with this alarm. */
  begins: boolean;
  episode: Episode;
}
