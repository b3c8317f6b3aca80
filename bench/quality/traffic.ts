import type { MinuteCounts } from '@keytrail/detection';
import { chance, type Chance } from './random.js';

export const SHAPES = ['flat', 'daily', 'office', 'cron', 'batch', 'deploy'] as const;
export type Shape = (typeof SHAPES)[number];
export const RATES = [0.02, 0.2, 1, 3, 10, 30, 100, 300] as const;

export const WEEK = 7 * 24 * 60;
/** A Monday, at midnight UTC, of weeks in which no clock changes. */
export const MONDAY = Date.UTC(2026, 0, 5) / 60_000;

/** A key and its habits. Rates are requests a minute, means over the week. */
export interface Key {
  shape: Shape;
  rate: number;
  /** 1/k of single minutes. */
  scatter: number;
  /** Standard deviation of a rate that wanders on the scale of an hour. */
  wander: number;
  /** What weekends have of a weekday. */
  weekend: number;
  timezone: number;
  errors: number;
  denied: number;
  /** How unevenly errors come: 1/k. */
  uneven: number;
  jobMinute: number;
  jobEvery: number;
  jitter: number;
  deployAt: number;
  deployLevel: number;
  seed: number;
}

export function makeKey(shape: Shape, rate: number, random: Chance, judgedFrom: number, until: number): Key {
  const jobEvery = random.pick([5, 15, 30, 60]);
  return {
    // Of a job that scatters by half of its size ten times as much is not sure to be news.
    shape, rate, scatter: random.pick(shape === 'cron' ? [0, 0.02, 0.1] : [0, 0.02, 0.1, 0.3]), wander: random.pick([0, 0, 0.05, 0.15]), weekend: random.pick([1, 1, 0.6, 0.15]),
    timezone: Math.floor(random.between(-8, 9)), errors: random.pick([0.0005, 0.005, 0.02, 0.05]), denied: random.pick([0, 0.0002, 0.003, 0.02]),
    uneven: random.pick([0, 0.2, 1]), jobMinute: Math.floor(random.between(0, 60)), jobEvery, jitter: random.pick(jobEvery === 5 ? [0, 0, 1] : [0, 0, 1, 2]),
    deployAt: Math.floor(random.between(judgedFrom, until)), deployLevel: random.pick([0.5, 0.75, 1.3, 1.6, 2]), seed: Math.floor(random.uniform() * 2 ** 31),
  };
}

/** What a key does, minute by minute. */
export class Traffic {
  private readonly random: Chance;
  private wandering = 0;
  private burstUntil = 0;
  private nextBurst = 0;
  private readonly jobAt = new Map<number, number>();

  constructor(private readonly key: Key) {
    this.random = chance(key.seed);
    this.nextBurst = MONDAY + this.random.between(0, 600);
  }

  /** Requests expected at a minute, but for what scatters. */
  meanAt(minute: number): number {
    const { key } = this;
    const local = minute + 60 * key.timezone;
    const hour = ((local / 60) % 24 + 24) % 24;
    const day = (Math.floor((local - MONDAY) / 1440) % 7 + 7) % 7;
    const weekend = day >= 5 ? key.weekend : 1;
    switch (key.shape) {
      case 'flat': return key.rate;
      case 'daily': return key.rate * weekend * (1 + 0.8 * Math.sin(2 * Math.PI * (hour - 9) / 24));
      case 'office': return key.rate * (day < 5 && hour >= 8 && hour < 18 ? 3 : 0.08);
      case 'cron': return this.job(minute);
      case 'batch': return minute < this.burstUntil ? 6 * key.rate : 0.05 * key.rate;
      case 'deploy': return key.rate * weekend * (minute >= key.deployAt ? key.deployLevel : 1) * (1 + 0.4 * Math.sin(2 * Math.PI * (hour - 9) / 24));
    }
  }

  /** Minutes in order. */
  next(minute: number, of: { requests?: (mean: number) => number; errors?: number; extraDenied?: number } = {}): MinuteCounts {
    const { key, random } = this;
    if (key.shape === 'batch' && minute >= this.nextBurst) {
      this.burstUntil = minute + Math.round(random.between(5, 40));
      this.nextBurst = this.burstUntil + Math.round(random.between(20, 400));
    }
    this.wandering = 0.98 * this.wandering + Math.sqrt(1 - 0.98 ** 2) * random.normal();
    const usual = this.meanAt(minute);
    const mean = (of.requests?.(usual) ?? usual) * Math.exp(key.wander * this.wandering);
    const requests = random.poisson(key.scatter > 0 && mean > 0 ? mean * random.gamma(1 / key.scatter) : mean);
    const part = (share: number): number => {
      const level = key.uneven > 0 && share < 0.2 ? share * random.gamma(1 / key.uneven) : share;
      if (requests > 200) return Math.min(requests, random.poisson(requests * Math.min(1, level)));
      let n = 0;
      for (let call = 0; call < requests; call += 1) if (random.uniform() < level) n += 1;
      return n;
    };
    const denied = part(key.denied) + (of.extraDenied ?? 0);
    return { requests: requests + (of.extraDenied ?? 0), errors: part(of.errors ?? key.errors), denied };
  }

  /** A job that brings most of the key's requests in one minute or two, a little early or late. */
  private job(minute: number): number {
    const { key, random } = this;
    const turn = Math.floor((minute - key.jobMinute + 3) / key.jobEvery);
    if (!this.jobAt.has(turn)) {
      this.jobAt.clear();
      this.jobAt.set(turn, turn * key.jobEvery + key.jobMinute + (key.jitter > 0 ? Math.round(random.between(-key.jitter, key.jitter)) : 0));
    }
    return minute === this.jobAt.get(turn) ? 0.95 * key.rate * key.jobEvery : 0.05 * key.rate;
  }
}
