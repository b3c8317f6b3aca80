import type { TimelineEntry } from '@keytrail/contracts';

/** An entry, with those of the same finding that came before it and that it outdates. */
export interface FoldedEntry extends TimelineEntry {
  earlier: readonly TimelineEntry[];
}

/**
 * A finding that grows is told again and again. What follows upon its first entry, up to the next thing that people or other findings did, becomes its latest.
 * Oldest first, as the entries are.
 */
export function foldTimeline(entries: readonly TimelineEntry[]): FoldedEntry[] {
  const folded: FoldedEntry[] = [];
  const open = new Map<string, number>();
  for (const entry of entries) {
    const at = entry.kind === 'finding' && entry.finding_id !== null ? open.get(entry.finding_id) : undefined;
    const before = at === undefined ? undefined : folded[at];
    if (at !== undefined && before !== undefined) {
      folded[at] = { ...entry, earlier: [...before.earlier, { ...before }] };
      continue;
    }
    folded.push({ ...entry, earlier: [] });
    if (entry.kind === 'finding' && entry.finding_id !== null) open.set(entry.finding_id, folded.length - 1);
    // Whatever a person did divides the growth before it from that after it.
    else if (entry.kind === 'action' || entry.kind === 'state' || entry.kind === 'note') open.clear();
  }
  return folded;
}
