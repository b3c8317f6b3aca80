import { follow, leniency, thresholdAfter, type Episode } from '../baseline/index.js';
import { Forecast } from './forecast.js';
import { Tail } from './tail.js';

/** A row of an evenly spaced series; null: there is no value. Epoch seconds. */
export interface SeriesRow { time: number; value: number | null }

/** Rows until the step is believed. */
const ROWS_FOR_STEP = 12;
/** Sums of so many residuals are judged, the last row included. */
const WINDOWS = [1, 4, 16] as const;
/** Chance, all tests of a row together, at which a row is an alarm: about one in a series of ten thousand rows. */
const CHANCE = 1e-4;
/** The alarm threshold in the measure of `thresholdAfter`: a power of ten for each unit. */
const THRESHOLD = -Math.log10(CHANCE);
const HOLD = 2;
/** Alarms are forgotten by half after so many rows. */
const HALF_LIFE = 1000;
/** An episode that becomes so many times rarer, in powers of ten, is told again. */
const GRAVER = 1.6;

/**
 * Scores a series row by row, by the rows before it only: 0 to 1, from 0.5 on an alarm. An alarm stands at the row that begins an episode, or makes
 * it much graver; further rows of the episode stay below 0.5.
 */
export class SeriesDetector {
  private readonly early: { time: number; value: number }[] = [];
  private forecast: Forecast | null = null;
  private step = 0;
  private jumps = new Tail(0);
  private sums: Tail[] = [];
  private readonly recent: number[] = [];
  private rows = 0;
  private warmUp = Infinity;
  private spread = 0;
  private level = 0;
  private unrest = 0;
  private episode: Episode | null = null;

  score({ time, value }: SeriesRow): number {
    if (value === null || !Number.isFinite(value) || !Number.isFinite(time)) return 0;
    if (this.forecast === null) return this.begin(time, value);
    return this.judge(time, value, this.forecast);
  }

  private begin(time: number, value: number): number {
    this.early.push({ time, value });
    if (this.early.length < ROWS_FOR_STEP) return 0;
    const steps = this.early.slice(1).map((row, index) => row.time - this.early[index]!.time).filter((step) => step > 0).sort((a, b) => a - b);
    this.step = steps[Math.floor(steps.length / 2)] ?? 60;
    this.forecast = new Forecast(this.step);
    const remembered = Math.min(2016, Math.max(672, Math.round(28 * 86_400 / this.step)));
    this.jumps = new Tail(remembered);
    this.sums = WINDOWS.map(() => new Tail(remembered));
    this.warmUp = Math.min(300, Math.max(60, 86_400 / this.step));
    for (const row of this.early) this.judge(row.time, row.value, this.forecast);
    this.early.length = 0;
    return 0;
  }

  private judge(time: number, value: number, forecast: Forecast): number {
    const { near, usual } = forecast.at(time);
    const first = this.rows === 0;
    this.rows += 1;
    const floor = Math.max(0.02 * this.spread, 1e-6 * Math.abs(this.level), 1e-12);
    const jump = first ? 0 : value - near;
    this.recent.push(first ? 0 : value - usual);
    if (this.recent.length > WINDOWS.at(-1)!) this.recent.shift();
    const residuals = WINDOWS.map((length) => mean(this.recent.slice(-length)));
    // A row that is unusual both for the last rows and for the time of day says more than either.
    const chances = [this.jumps.chanceOf(Math.abs(jump), floor), ...this.sums.map((tail, index) => tail.chanceOf(Math.abs(residuals[index]!), floor))];
    const rarity = -Math.log10(Math.max(1e-30, Math.min(1, (WINDOWS.length + 1) * Math.min(...chances))));
    const alarm = this.rows > this.warmUp ? this.tell(rarity) : 0;
    this.learn(time, value, usual, jump, residuals, floor, forecast);
    return alarm;
  }

  /** The score of a row, by how rare it is, in powers of ten. */
  private tell(rarity: number): number {
    this.unrest *= 0.5 ** (1 / HALF_LIFE);
    const threshold = thresholdAfter(this.unrest, THRESHOLD);
    const before = this.episode;
    const unusual = before === null ? rarity >= threshold : rarity >= HOLD;
    const lull = Math.min(60, Math.max(8, Math.round(10_800 / this.step)));
    const now = follow(before, this.rows, rarity, unusual, () => this.rows, lull);
    this.episode = now?.ended_at === null ? now : null;
    const begins = unusual && before === null;
    const graver = unusual && before !== null && rarity >= threshold && rarity >= GRAVER * before.peak_score;
    if (begins) this.unrest += 1;
    if (begins || graver) return Math.min(1, 0.5 + 0.5 * (1 - threshold / Math.max(threshold, rarity)));
    return Math.min(0.49, 0.5 * rarity / threshold);
  }

  /** An episode teaches no more than what is just an alarm, unless alarms come again and again. */
  private learn(time: number, value: number, usual: number, jump: number, residuals: readonly number[], floor: number, forecast: Forecast): void {
    const most = (tail: Tail): number => (this.rows <= this.warmUp ? Infinity : tail.sizeOf(CHANCE, floor) * leniency(this.unrest));
    this.jumps.add(Math.min(Math.abs(jump), most(this.jumps)));
    this.sums.forEach((tail, index) => tail.add(Math.min(Math.abs(residuals[index]!), most(tail))));
    const far = most(this.sums[0]!);
    const learnt = this.rows === 1 ? value : usual + Math.max(-far, Math.min(far, value - usual));
    forecast.learn(time, value, learnt);
    const rate = Math.max(0.002, 1 / this.rows);
    this.level += (learnt - this.level) * rate;
    this.spread += (Math.abs(learnt - this.level) - this.spread) * rate;
  }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
