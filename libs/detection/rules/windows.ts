/** A stretch of minutes in which overlapping windows all stood out. */
export interface Run<T> {
  /** Every item from the start of the first window to the end of the last. */
  items: T[];
  /** The window that stood out most, and its score. */
  peak: T[];
  score: number;
}

/**
 * Slides a window over items sorted into minutes and joins the windows that stand out. `score` above 0 means it stands out.
 * A window ends with each minute that has an item, so a burst is found wherever it starts.
 */
export function runsOf<T extends { minute: number }>(
  items: readonly T[], windowMinutes: number, score: (window: readonly T[]) => number,
): Run<T>[] {
  const sorted = [...items].sort((a, b) => a.minute - b.minute);
  const runs: (Run<T> & { from: number; to: number })[] = [];
  let from = 0;
  for (let to = 1; to <= sorted.length; to += 1) {
    const minute = sorted[to - 1]!.minute;
    if (sorted[to]?.minute === minute) continue;
    while (sorted[from]!.minute <= minute - windowMinutes) from += 1;
    const window = sorted.slice(from, to);
    const value = score(window);
    if (!(value > 0)) continue;
    const run = runs.at(-1);
    if (run === undefined || run.to <= from) {
      runs.push({ from, to, items: [], peak: window, score: value });
    } else {
      run.to = to;
      if (value > run.score) Object.assign(run, { peak: window, score: value });
    }
  }
  return runs.map((run) => ({ items: sorted.slice(run.from, run.to), peak: run.peak, score: run.score }));
}
