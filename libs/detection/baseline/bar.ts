/** Alarms a week that are news. */
const NEWS = 2;
/** What each further one adds to the threshold, and the most. */
const STRICTER = { each: 0.4, most: 3 };

/** A key that alarms again and again is like that: the threshold rises. */
export const thresholdAfter = (unrest: number, threshold: number): number =>
  threshold + Math.min(STRICTER.most, STRICTER.each * Math.max(0, unrest - NEWS));

/** How many times more than from a first alarm is learnt from one that was not the first: what keeps coming has to be learnt in the end. */
export const leniency = (unrest: number): number => 1 + Math.max(0, unrest - NEWS);

/**
 * How far a key's normal hours reach: [the highest score of the open hour, hours above `FROM`, the sum of what they lay above it, hours looked
 * at]; all but the first decay.
 */
export type Extremes = [peak: number, count: number, excess: number, hours: number];

/** Scores from here on are extremes, in standard deviations. */
const FROM = 3.5;
/** A month halves what is remembered. */
const KEEP_AN_HOUR = 0.5 ** (1 / (4 * 168));
/** What is believed at first, of scores that are normal deviates: so many hours above in a week, by so much, worth so many of each. */
const BELIEF = { hours: 168, perHour: 1.5 / 168, count: 5, excess: 0.27 };
/** False alarms in an hour that are borne: one in two years. */
const BORNE = 0.01 / 168;
/** One hour says no more than this. */
const MOST_EXCESS = 3;
/** However wild a key is, this is news. */
const STRICTEST = 5;

export const noExtremes = (): Extremes => [0, 0, 0, 0];
export const isExtremes = (stored: unknown): stored is Extremes => Array.isArray(stored) && stored.length === 4 && stored.every(Number.isFinite);

/**
 * The score that is an alarm for a key: the threshold, or what its own tail passes less often than is borne. Beyond `FROM` the tail is taken to fall
 * exponentially, by as much as it was seen to. Alarms of late raise it too.
 */
export function barOf(extremes: Extremes, unrest: number, threshold: number): number {
  const count = extremes[1];
  const excess = extremes[2];
  const hours = extremes[3];
  const often = (count + BELIEF.perHour * BELIEF.hours) / (hours + BELIEF.hours);
  const mean = (excess + BELIEF.count * BELIEF.excess) / (count + BELIEF.count);
  const own = FROM + mean * Math.log(often / BORNE);
  return Math.max(thresholdAfter(unrest, threshold), Math.min(threshold + STRICTEST, own));
}

/** Notes the score of a minute outside of episodes. The first alarms of a week are news and say nothing of the key's habits. */
export function noteScore(extremes: Extremes, score: number, isAlarm: boolean, unrest: number): void {
  if (score > extremes[0] && (!isAlarm || unrest >= NEWS)) extremes[0] = score;
}

/** Ends the open hour; `hours` have passed since the last one ended. */
export function closeExtremes(extremes: Extremes, hours = 1): void {
  const keep = hours === 1 ? KEEP_AN_HOUR : KEEP_AN_HOUR ** hours;
  const above = extremes[0] - FROM;
  extremes[0] = 0;
  extremes[1] = short(extremes[1] * keep + (above > 0 ? 1 : 0));
  extremes[2] = short(extremes[2] * keep + (above > 0 ? Math.min(MOST_EXCESS, above) : 0));
  extremes[3] = short(extremes[3] * keep + (hours === 1 ? 1 : (1 - keep) / (1 - KEEP_AN_HOUR)));
}

const short = (value: number): number => Number(value.toPrecision(5));
