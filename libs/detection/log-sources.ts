import type { LogSource } from './rules/log-silence.js';
import type { SourceArrivals } from './sweep.store.js';

/** Longer without a look: whoever reported meanwhile could not be seen. */
export const AWAY_MS = 5 * 60_000;

/**
 * Sources with what arrived since the last look. `away`: nobody looked for so long that silence says nothing; then every source counts as
 * heard of now, and no gap is learnt.
 */
export function heardFrom(known: readonly LogSource[], arrivals: readonly SourceArrivals[], now: number, away: boolean): LogSource[] {
  const sources = new Map(known.map((source) => [nameOf(source), away ? { ...source, last_seen: now } : source]));
  for (const { workspace_id, node, first, last } of arrivals) {
    const name = nameOf({ workspace_id, node });
    const source = sources.get(name);
    sources.set(name, source === undefined ? { workspace_id, node, first_seen: first, last_seen: last, longest_gap_ms: 0 } : {
      ...source, last_seen: Math.max(source.last_seen, last), longest_gap_ms: Math.max(source.longest_gap_ms, away ? 0 : first - source.last_seen),
    });
  }
  return [...sources.values()];
}

const nameOf = ({ workspace_id, node }: Pick<LogSource, 'workspace_id' | 'node'>) => `${workspace_id} ${node}`;
