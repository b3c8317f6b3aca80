const DAY = 86_400;
/** Rows that errors are remembered over: a day's at least, within bounds, for some forecasts fail at some times of day only. */
const MEMORY = { least: 100, most: 600 };
const SLOTS_A_DAY = 96;
/** Of days that jump at a minute, as those of schedules do. */
const FINE_SLOTS_A_DAY = 1440;

const NAMES = ['last', 'moved', 'quick', 'slow', 'day', 'fine', 'week'] as const;

/** A forecast and how far it was off lately. */
interface Candidate { value: number; error: number; known: boolean }

const best = (...ones: Candidate[]): number => ones.filter(({ known }) => known).reduce((a, b) => (b.error < a.error ? b : a)).value;

/** A mean by time of day or of week, of what lies beside the level. */
class Profile {
  private readonly sums: Float64Array;
  private readonly counts: Uint16Array;
  constructor(private readonly span: number, private readonly slots: number) {
    this.sums = new Float64Array(slots);
    this.counts = new Uint16Array(slots);
  }

  at(time: number): number | null {
    const slot = this.slotOf(time);
    return this.counts[slot]! > 0 ? this.sums[slot]! : null;
  }

  learn(time: number, value: number): void {
    const slot = this.slotOf(time);
    this.counts[slot]! += this.counts[slot]! < 60_000 ? 1 : 0;
    this.sums[slot]! += (value - this.sums[slot]!) * Math.max(0.15, 1 / this.counts[slot]!);
  }

  private slotOf(time: number): number {
    return Math.min(this.slots - 1, Math.floor((((time % this.span) + this.span) % this.span) / this.span * this.slots));
  }
}

/** Exponentially weighted, but at first a plain mean. */
class Mean {
  value = 0;
  private rows = 0;
  constructor(private readonly rate: number) {}

  learn(value: number): void {
    this.rows += 1;
    this.value += (value - this.value) * Math.max(this.rate, 1 / this.rows);
  }
}

/**
 * Forecasts of an evenly spaced series. `near` follows the last rows, `usual` is what this time of day or week is used to bring, or the slow level
 * where that was nearer lately. A row is forecast before it is learnt.
 */
export class Forecast {
  private readonly quick = new Mean(0.35);
  private readonly slow: Mean;
  private readonly day: Profile | null;
  private readonly fine: Profile | null;
  private readonly week: Profile | null;
  private readonly forget: number;
  private readonly wholeDay: number;
  private readonly errors = { last: 0, moved: 0, quick: 0, slow: 0, day: 0, fine: 0, week: 0 };
  private last = 0;
  private lastUsual = 0;
  private rows = 0;

  /** `step`: seconds between rows. */
  constructor(step: number) {
    const aDay = DAY / step;
    this.wholeDay = aDay >= 1 ? Math.min(1440, aDay) : 0;
    this.forget = 1 / Math.min(MEMORY.most, Math.max(MEMORY.least, aDay));
    this.slow = new Mean(2 / (1 + Math.min(1500, Math.max(60, 2 * aDay))));
    this.day = aDay >= 4 ? new Profile(DAY, Math.min(SLOTS_A_DAY, Math.floor(aDay))) : null;
    this.fine = aDay > SLOTS_A_DAY ? new Profile(DAY, Math.min(FINE_SLOTS_A_DAY, Math.floor(aDay))) : null;
    this.week = aDay >= 1 ? new Profile(7 * DAY, 7 * Math.min(24, Math.max(1, Math.floor(aDay)))) : null;
  }

  at(time: number): { near: number; usual: number } {
    const { last, moved, quick, slow, day, fine, week } = this.candidates(time);
    return { near: best(last, moved, quick), usual: best(slow, day, fine, week) };
  }

  /** `learnt` is what may be learnt of a row that is an alarm; elsewhere the row itself. */
  learn(time: number, value: number, learnt: number): void {
    if (this.rows > 0) {
      const candidates = this.candidates(time);
      for (const name of NAMES) {
        this.errors[name] += this.forget * (Math.abs(learnt - candidates[name].value) - this.errors[name]);
      }
    }
    this.lastUsual = this.at(time).usual;
    this.rows += 1;
    this.last = value;
    this.quick.learn(value);
    this.slow.learn(learnt);
    // Before a whole day has passed the level is that of the part of it.
    if (this.rows <= this.wholeDay) return;
    for (const profile of [this.day, this.fine, this.week]) profile?.learn(time, learnt - this.slow.value);
  }

  private candidates(time: number): Record<(typeof NAMES)[number], Candidate> {
    const byProfile = (profile: Profile | null, error: number): Candidate => {
      const beside = profile?.at(time) ?? null;
      return { value: this.slow.value + (beside ?? 0), error, known: beside !== null };
    };
    const slow = { value: this.slow.value, error: this.errors.slow, known: true };
    const day = byProfile(this.day, this.errors.day);
    const fine = byProfile(this.fine, this.errors.fine);
    const week = byProfile(this.week, this.errors.week);
    // The last row, and what this time of day adds to that of the row before.
    const moved = { value: this.last + best(slow, day, fine, week) - this.lastUsual, error: this.errors.moved, known: true };
    return {
      moved, slow, day, fine, week,
      last: { value: this.last, error: this.errors.last, known: true }, quick: { value: this.quick.value, error: this.errors.quick, known: true },
    };
  }
}
