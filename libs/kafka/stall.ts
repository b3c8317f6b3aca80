import type { SourceHealth } from './log-source.js';

/** Why a source has to be started anew. */
export type Stall =
  /** It gave up by itself. */
  | 'ended'
  /** It did not become a member of its group. */
  | 'not_joined'
  /** It is a member, and no broker answered it for long. */
  | 'silent'
  /** A batch is with its taker for long, and the taker says neither that it is stored nor that a store is away. */
  | 'stuck';

/** Milliseconds. */
export interface Patience {
  join: number;
  silence: number;
  taking: number;
  /** After so long a silence it does not count as reading any more. */
  reading: number;
}

/** Joining waits for members that died, and a request to a broker for 30 s: a stall is what lasts longer. */
export const PATIENCE: Patience = { join: 150_000, silence: 90_000, taking: 300_000, reading: 15_000 };

/** Whether a source does not go on though nothing it waits for is away. A store that is down is no stall: batches come back and wait. */
export function stallOf(health: SourceHealth, now: number, patience: Patience = PATIENCE): Stall | undefined {
  if (health.ended !== null) return 'ended';
  if (health.takingSince !== null && now - health.takingSince > patience.taking) return 'stuck';
  if (!health.joined) return now - health.since > patience.join ? 'not_joined' : undefined;
  return now - Math.max(health.heardAt, health.since) > patience.silence ? 'silent' : undefined;
}

/** Whether the source is a member of its group and hears from brokers now. */
export const isReading = (health: SourceHealth, now: number, patience: Patience = PATIENCE): boolean =>
  health.ended === null && health.joined && now - Math.max(health.heardAt, health.since) <= patience.reading;
