import { localTimeIn } from './local-time.js';
import { drawNegativeBinomial, type Random } from './random.js';

/** How the traffic of a key is spread over the week. Hours are local to `zone`. */
export type Shape =
  | { kind: 'office'; zone: string; from: number; to: number }
  | { kind: 'daily'; zone: string; peak: number; swing: number }
  | { kind: 'flat' }
  | { kind: 'cron'; everyMinutes: 5 | 15 | 60 };

export interface Load {
  shape: Shape;
  /** Requests a minute: in office hours, on the daily average, always, or in one cron burst. */
  rate: number;
  /** Negative-binomial k: the smaller, the burstier. Cron bursts vary little and ignore it. */
  dispersion: number;
}

const MINUTE_MS = 60_000;
const RAMP_MINUTES = 45;
const CRON_BURST_MS = 8_000;

function officeWeight(weekday: number, minute: number, from: number, to: number): number {
  if (weekday === 0 || weekday === 6) return 0;
  const sinceStart = minute - from * 60;
  const untilEnd = to * 60 - minute;
  if (sinceStart < 0 || untilEnd <= 0) return 0;
  const lunch = minute >= 12 * 60 && minute < 13 * 60 ? 0.55 : 1;
  return Math.min(1, (sinceStart + 1) / RAMP_MINUTES, untilEnd / RAMP_MINUTES) * lunch;
}

/** Requests expected in the minute that starts at `minuteStart` (epoch milliseconds). */
export function expectedRequests(load: Load, minuteStart: number): number {
  const { shape, rate } = load;
  switch (shape.kind) {
    case 'flat': return rate;
    case 'cron': return (minuteStart / MINUTE_MS) % shape.everyMinutes === 0 ? rate : 0;
    case 'office': {
      const { weekday, minute } = localTimeIn(shape.zone, minuteStart);
      return rate * officeWeight(weekday, minute, shape.from, shape.to);
    }
    case 'daily': {
      const { weekday, minute } = localTimeIn(shape.zone, minuteStart);
      const wave = 1 + shape.swing * Math.cos((2 * Math.PI * (minute - shape.peak * 60)) / 1440);
      return rate * wave * (weekday === 0 || weekday === 6 ? 0.75 : 1.1);
    }
  }
}

/** Offsets into the minute, in milliseconds, of the requests that fall into it. Not sorted. */
export function drawRequests(load: Load, minuteStart: number, random: Random): number[] {
  const expected = expectedRequests(load, minuteStart);
  if (expected === 0) return [];
  const cron = load.shape.kind === 'cron';
  const count = cron ? Math.max(1, Math.round(expected * (0.9 + 0.2 * random()))) : drawNegativeBinomial(random, expected, load.dispersion);
  return Array.from({ length: count }, () => Math.floor(random() * (cron ? CRON_BURST_MS : MINUTE_MS)));
}
