import { barOf, closeExtremes, noExtremes, noteScore, type Extremes } from './bar.js';
import { mod } from './state.js';

/**
 * What is usual of a quantity that is no count of events, such as bytes: of its logarithm, the mean by hour of the day (UTC) and the spread upwards.
 * It is looked at in blocks of minutes, those only in which the key did anything.
 */
export interface Gauge {
  /** By hour of the day: mean of the logarithms, and of how many blocks. */
  means: number[];
  seen: number[];
  /** Squared distances of blocks above the mean, decaying, and how many they are. */
  spread: [squares: number, blocks: number];
  extremes: Extremes;
  /** Alarms of late; a week halves them. */
  unrest: number;
}

export interface Reading {
  /** What is usual at this hour, as it was: not a logarithm. */
  usual: number;
  /** Standard deviations above the most that is usual of the hour and those beside it. */
  score: number;
}

export const BLOCK_MINUTES = 15;
const THRESHOLD = 5.2;
/** Blocks that are seen before anything is judged: a day of a key that is always in use. */
const YOUNG = 96;
/** An hour is believed to be like the mean of all, with the weight of so many blocks; a month is remembered. */
const BELIEF = 4;
const MOST_BLOCKS = 120;
/** Until blocks are seen they are believed to lie a factor of two apart, with the weight of so many; and never less than a fifth. */
const PRIOR = { spread: 0.7, blocks: 24 };
const LEAST_SPREAD = 0.2;
const KEEP_SPREAD = 0.999;
const KEEP_AN_HOUR = 0.5 ** (1 / 168);
/** An alarm teaches no more than this, in standard deviations. */
const CLIPPED = 3;

export const emptyGauge = (): Gauge => ({
  means: new Array<number>(24).fill(0), seen: new Array<number>(24).fill(0), spread: [0, 0], extremes: noExtremes(), unrest: 0,
});

/** How a value of the open block, above 0, compares with what is usual. */
export function readGauge(gauge: Gauge, minute: number, value: number): Reading {
  const hour = mod(Math.floor(minute / 60), 24);
  const all = meanOf(gauge);
  const usual = Math.max(usualAt(gauge, hour, all), usualAt(gauge, (hour + 23) % 24, all), usualAt(gauge, (hour + 1) % 24, all));
  const doubt = 1 + 1 / (gauge.seen[hour]! + BELIEF);
  return { usual: Math.exp(usual), score: (Math.log(value) - usual) / (spreadOf(gauge) * Math.sqrt(doubt)) };
}

/** Whether a score is an alarm. */
export function isAlarm(gauge: Gauge, score: number): boolean {
  return score >= THRESHOLD && blocksOf(gauge) >= YOUNG && score >= barOf(gauge.extremes, gauge.unrest, THRESHOLD);
}

/** Learns a block that is over. `hours`: full hours that ended since the last one. `told`: whether it was an alarm. */
export function learnBlock(gauge: Gauge, minute: number, value: number, hours: number, told: boolean): void {
  const hour = mod(Math.floor(minute / 60), 24);
  const usual = usualAt(gauge, hour, meanOf(gauge));
  const spread = spreadOf(gauge);
  if (hours > 0) {
    closeExtremes(gauge.extremes, hours);
    gauge.unrest *= KEEP_AN_HOUR ** hours;
  }
  const blocks = blocksOf(gauge);
  if (blocks >= YOUNG) noteScore(gauge.extremes, readGauge(gauge, minute, value).score, told, gauge.unrest);
  const distance = Math.log(value) - usual;
  const learnt = told ? Math.min(distance, CLIPPED * spread) : distance;
  gauge.seen[hour] = Math.min(MOST_BLOCKS, gauge.seen[hour]! + 1);
  gauge.means[hour]! += (usual + learnt - gauge.means[hour]!) / gauge.seen[hour]!;
  if (learnt <= 0 || blocks === 0) return;
  gauge.spread[0] = gauge.spread[0] * KEEP_SPREAD + learnt * learnt;
  gauge.spread[1] = gauge.spread[1] * KEEP_SPREAD + 1;
}

function blocksOf({ seen }: Gauge): number {
  let blocks = 0;
  for (const hour of seen) blocks += hour;
  return blocks;
}

function meanOf({ means, seen }: Gauge): number {
  let sum = 0;
  let blocks = 0;
  for (let hour = 0; hour < 24; hour += 1) {
    sum += means[hour]! * seen[hour]!;
    blocks += seen[hour]!;
  }
  return blocks > 0 ? sum / blocks : 0;
}

const usualAt = ({ means, seen }: Gauge, hour: number, all: number): number => (means[hour]! * seen[hour]! + all * BELIEF) / (seen[hour]! + BELIEF);

const spreadOf = ({ spread }: Gauge): number =>
  Math.max(LEAST_SPREAD, Math.sqrt((spread[0] + PRIOR.spread * PRIOR.spread * PRIOR.blocks) / (spread[1] + PRIOR.blocks)));
