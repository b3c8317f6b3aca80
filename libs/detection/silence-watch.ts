import { baselineSettings, closeKeyMinute, everCouldDrop, LEAST_EXPECTED, rateAt, type Alarm } from './baseline/index.js';
import { WatchTable } from './memory/watch-record.js';
import type { KeyWatch } from './watch.js';

/** Hours differ: a silence that says nothing at night may say much in the morning. */
const LONGEST_WAIT = 60;
/** A silence is thought on for so long, to know when it would be a drop. */
const AHEAD = 180;
/** How often a drop that goes on is told of; closer than what makes it another story. */
const TOLD_EVERY = 30;

const { drop } = baselineSettings;
const table = new WatchTable();

/** The last minute in which a key called. Epoch minutes, as all here. */
export const lastMinute = ({ recent, baseline }: KeyWatch): number => recent.at(-1)?.minute ?? baseline.closed;

/** Before this minute the silence of a key since its last calls is no drop; Infinity: nor is any. Cheap, and too early rather than too late. */
export function firstLook(watch: KeyWatch): number {
  const { baseline } = watch;
  const last = lastMinute(watch);
  if (!baseline.drop_armed || !everCouldDrop(baseline) || baseline.overall <= 0) return Infinity;
  if (last - baseline.started < drop.min_history - LONGEST_WAIT) return last + LONGEST_WAIT;
  return last + Math.max(1, Math.min(LONGEST_WAIT, Math.floor(LEAST_EXPECTED / 2 / Math.max(rateAt(baseline, last + 1), 1e-6))));
}

export interface Silence {
  /** Drops in it, each as far as it went; those that were told of when they went on are among them. */
  drops: Alarm[];
  /** When to look again if it lasts; Infinity: it has been told of, and is over or has become the rule. */
  look_at: number;
}

/**
 * What the silence of a key says, of which nothing came up to and with `until`: just what closing these minutes would. Nothing is learnt: what
 * comes late can still be counted.
 */
export function judgeSilence(watch: KeyWatch, until: number): Silence {
  const last = lastMinute(watch);
  if (until <= last) return { drops: [], look_at: firstLook(watch) };
  let ahead = table.copy({ rate: watch.baseline, shares: watch.shares });
  const drops: Alarm[] = [];
  const close = (minute: number, counts: { requests: number; errors: number; denied: number }): Alarm[] => {
    const closed = closeKeyMinute(ahead, minute, counts);
    ahead = closed.baseline;
    return closed.alarms.filter(({ kind }) => kind === 'drop');
  };
  for (const count of watch.recent) if (count.minute > ahead.rate.closed) drops.push(...close(count.minute, count));
  if (until > ahead.rate.closed) drops.push(...close(until, NOTHING));
  const going = drops.filter(({ minute }) => minute > last);
  if (ahead.rate.drop !== null) return { drops: going, look_at: until + TOLD_EVERY };
  if (!ahead.rate.drop_armed || until - last > 2 * drop.longest) return { drops: going, look_at: Infinity };
  for (let minute = until + 1; minute <= until + AHEAD; minute += 1) {
    if (close(minute, NOTHING).length > 0) return { drops: going, look_at: minute };
  }
  return { drops: going, look_at: until + AHEAD };
}

const NOTHING = { requests: 0, errors: 0, denied: 0 };
