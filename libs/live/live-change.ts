import type { LiveMark } from './live-view.js';

/** That something changed, before it is read. */
export interface LiveChange extends LiveMark {
  position: number;
  at: Date;
  object_id: string;
  change: string;
}

export interface FoldedChange extends Omit<LiveChange, 'change'> {
  /** In their order, each once. */
  changes: string[];
}

/** Changes of one incident or finding become its latest, since it is read once. What became of a key is told event by event. */
export function folded(changes: readonly LiveChange[]): FoldedChange[] {
  const latest = new Map<string, FoldedChange>();
  for (const { change, ...rest } of changes) {
    const name = rest.type === 'key' ? `key ${rest.position}` : `${rest.type} ${rest.object_id}`;
    const earlier = latest.get(name)?.changes ?? [];
    // Put where the latest is.
    latest.delete(name);
    latest.set(name, { ...rest, changes: earlier.includes(change) ? earlier : [...earlier, change] });
  }
  return [...latest.values()];
}
