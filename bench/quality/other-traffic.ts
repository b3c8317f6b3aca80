import type { MinuteCounts } from '@keytrail/detection';
import { chance, type Chance } from './random.js';

/**
 * Keys made in other ways than those of `traffic.ts`, so that a model that fits only those is found out: rates that wander as AR(1), sessions with
 * Pareto sizes, Weibull gaps, opening hours with a lunch and holidays and changing clocks, polling, schedules that do not fit the hour.
 */
export const OTHER_SHAPES = [
  'wandering', 'sessions', 'renewal', 'opening hours', 'polling', 'every 7 min', 'hourly, delayed', 'every 6 h', 'nightly', 'weekly', 'growing', 'rare', 'night errors', 'late start',
] as const;
export type OtherShape = (typeof OTHER_SHAPES)[number];

const DAY = 24 * 60;
const WEEK = 7 * DAY;
/** A Monday before the Sunday, three weeks on, on which clocks change in North America, and four weeks before Europe's. */
export const OTHER_MONDAY = Date.UTC(2026, 1, 16) / 60_000;

type Requests = (minute: number) => number;

/** What a key does, minute by minute; minutes in order. */
export class OtherTraffic {
  private readonly requests: Requests;
  private readonly random: Chance;
  private readonly share: (minute: number) => { errors: number; denied: number };

  constructor(shape: OtherShape, rate: number, seed: number) {
    this.random = chance(seed);
    this.requests = shapes[shape](this.random, rate);
    const errors = this.random.pick([0, 0.002, 0.03]);
    const denied = this.random.pick([0, 0, 0.005]);
    this.share = (minute) => ({ errors: shape === 'night errors' && hourOf(minute) < 6 ? 0.2 : errors, denied });
  }

  next(minute: number): MinuteCounts {
    const requests = this.requests(minute);
    const { errors, denied } = this.share(minute);
    return {
      requests, errors: Math.min(requests, this.random.poisson(errors * requests)), denied: Math.min(requests, this.random.poisson(denied * requests)),
    };
  }
}

const hourOf = (minute: number): number => Math.floor(minute / 60) % 24;
const poissonOf = (random: Chance, mean: Requests): Requests => (minute) => random.poisson(mean(minute));
const exponential = (random: Chance, mean: number): number => -mean * Math.log(1 - random.uniform());

/** Events at times that a function gives one after the other, epoch minutes with fractions; each brings so many requests. */
function events(next: (last: number) => number, size: () => number, spread: (random: number) => number = () => 0): Requests {
  const queue = new Map<number, number>();
  let at: number | null = null;
  return (minute) => {
    at ??= next(minute);
    while (at < minute + 1) {
      const requests = size();
      for (let n = 0; n < requests; n += 1) {
        const when = Math.floor(Math.max(at, minute) + spread(n));
        queue.set(when, (queue.get(when) ?? 0) + 1);
      }
      at = next(at);
    }
    const due = queue.get(minute) ?? 0;
    queue.delete(minute);
    return due;
  };
}

/** A job at its minutes, with a background. */
function job(random: Chance, rate: number, every: number, delay: number): Requests {
  const phase = Math.floor(random.uniform() * every);
  const size = 0.9 * rate * every;
  const noise = random.pick([0, 0.02, 0.1]);
  const due = new Map<number, number>();
  return (minute) => {
    if ((minute - phase) % every === 0) {
      const at = minute + Math.floor(random.uniform() * (delay + 1));
      due.set(at, random.poisson(noise > 0 ? size * random.gamma(1 / noise) : size));
    }
    const now = due.get(minute) ?? 0;
    due.delete(minute);
    return now + random.poisson(0.1 * rate);
  };
}

const shapes: Record<OtherShape, (random: Chance, rate: number) => Requests> = {
  wandering(random, rate) {
    const slow = { value: 0, keep: 1 - 1 / 360, size: random.between(0.1, 0.3) };
    const quick = { value: 0, keep: 1 - 1 / 10, size: random.between(0, 0.3) };
    return poissonOf(random, () => {
      for (const one of [slow, quick]) one.value = one.keep * one.value + Math.sqrt(1 - one.keep ** 2) * random.normal();
      return rate * Math.exp(slow.size * slow.value + quick.size * quick.value);
    });
  },
  sessions(random, rate) {
    // People who come, click for a while and go: sizes are Pareto (mean 3 times the least), more of them in the day.
    const least = random.pick([2, 5, 20]);
    const size = (): number => Math.min(50 * least, Math.round(least * (1 - random.uniform()) ** (-1 / 1.5)));
    return events((last) => last + exponential(random, 3 * least / rate / (0.2 + 1.6 * Math.max(0, Math.sin(Math.PI * (hourOf(last) - 6) / 14)))), size, () => exponential(random, 3));
  },
  renewal(random, rate) {
    const shape = random.pick([0.5, 0.7]);
    const scale = shape === 0.5 ? 0.5 : 0.79;
    return events((last) => last + scale / rate * (-Math.log(1 - random.uniform())) ** (1 / shape), () => 1);
  },
  'opening hours'(random, rate) {
    // In New York, clocks and all; one holiday in the third week, which a key falls silent on like any other.
    const time = new Intl.DateTimeFormat('en-GB', { timeZone: 'America/New_York', hour: 'numeric', weekday: 'short', hourCycle: 'h23' });
    const opens = random.pick([7, 8, 9]);
    let known = { hour: -1, open: 0 };
    return poissonOf(random, (minute) => {
      const hour = Math.floor(minute / 60);
      if (known.hour !== hour) {
        const parts = time.formatToParts(minute * 60_000);
        const local = Number(parts.find(({ type }) => type === 'hour')!.value);
        const weekday = parts.find(({ type }) => type === 'weekday')!.value;
        const isHoliday = Math.floor((minute - OTHER_MONDAY) / DAY) === 17;
        const isOpen = !['Sat', 'Sun'].includes(weekday) && !isHoliday && local >= opens && local < opens + 9;
        known = { hour, open: !isOpen ? 0.05 : local === 12 ? 1.8 : 3.2 };
      }
      return rate * known.open;
    });
  },
  polling(random, rate) {
    // As regular as a clock, with a call that is late now and then.
    let owed = 0;
    return () => {
      owed += rate * (1 + 0.002 * random.normal());
      const now = Math.floor(random.uniform() < 0.01 ? owed / 2 : owed);
      owed -= now;
      return now;
    };
  },
  'every 7 min': (random, rate) => job(random, rate, 7, 0),
  'hourly, delayed': (random, rate) => job(random, rate, 60, random.pick([5, 15])),
  'every 6 h': (random, rate) => job(random, rate, 360, random.pick([0, 2])),
  nightly: (random, rate) => job(random, rate, DAY, random.pick([0, 3])),
  weekly: (random, rate) => job(random, rate / 4, WEEK, 0),
  growing(random, rate) {
    const aDay = random.pick([0.98, 1.02, 1.05]);
    return poissonOf(random, (minute) => rate * aDay ** ((minute - OTHER_MONDAY) / DAY - 17) * (1 + 0.5 * Math.sin(2 * Math.PI * minute / DAY)));
  },
  rare(random, rate) {
    // A person's tool: a few dozen calls in some minutes, some days.
    return events((last) => last + exponential(random, DAY / Math.min(4, 1 + rate)), () => 5 + random.poisson(20), () => exponential(random, 2));
  },
  'night errors': (random, rate) => poissonOf(random, (minute) => rate * (hourOf(minute) < 6 ? 0.5 : 1.2)),
  'late start': (random, rate) => poissonOf(random, (minute) => (minute < OTHER_MONDAY + 2.4 * WEEK ? 0 : rate * (1 + 0.6 * Math.sin(2 * Math.PI * (minute / DAY - 0.3))))),
};
