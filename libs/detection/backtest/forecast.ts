const DAY = 86_400;
/** What a row leaves of an error after another; about a hundred rows are remembered. */
const KEEP = 0.99;
const SLOTS_A_DAY = 96;

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
  private readonly week: Profile | null;
  private readonly errors = { last: 0, moved: 0, quick: 0, slow: 0, day: 0, week: 0 };
  private last = 0;
  private lastUsual = 0;
  private rows = 0;

  /** `step`: seconds between rows. */
  constructor(step: number) {
    const aDay = DAY / step;
    this.slow = new Mean(2 / (1 + Math.min(1500, Math.max(60, 2 * aDay))));
    this.day = aDay >= 4 ? new Profile(DAY, Math.min(SLOTS_A_DAY, Math.floor(aDay))) : null;
    this.week = aDay >= 1 ? new Profile(7 * DAY, 7 * Math.min(24, Math.max(1, Math.floor(aDay)))) : null;
  }

  at(time: number): { near: number; usual: number } {
    const { last, moved, quick, slow, day, week } = this.candidates(time);
    return { near: best(last, moved, quick), usual: best(slow, day, week) };
  }

  /** `learnt` is what may be learnt of a row that is an alarm; elsewhere the row itself. */
  learn(time: number, value: number, learnt: number): void {
    if (this.rows > 0) {
      const candidates = this.candidates(time);
      for (const name of ['last', 'moved', 'quick', 'slow', 'day', 'week'] as const) {
        this.errors[name] = KEEP * this.errors[name] + (1 - KEEP) * Math.abs(learnt - candidates[name].value);
      }
    }
    this.lastUsual = this.at(time).usual;
    this.rows += 1;
    this.last = value;
    this.quick.learn(value);
    this.slow.learn(learnt);
    this.day?.learn(time, learnt - this.slow.value);
    this.week?.learn(time, learnt - this.slow.value);
  }

  private candidates(time: number): Record<'last' | 'moved' | 'quick' | 'slow' | 'day' | 'week', Candidate> {
    const byProfile = (profile: Profile | null, error: number): Candidate => {
      const beside = profile?.at(time) ?? null;
      return { value: this.slow.value + (beside ?? 0), error, known: beside !== null };
    };
    const slow = { value: this.slow.value, error: this.errors.slow, known: true };
    const day = byProfile(this.day, this.errors.day);
    const week = byProfile(this.week, this.errors.week);
    // The last row, and what this time of day adds to that of the row before.
    const moved = { value: this.last + best(slow, day, week) - this.lastUsual, error: this.errors.moved, known: true };
    return {
      moved, slow, day, week,
      last: { value: this.last, error: this.errors.last, known: true }, quick: { value: this.quick.value, error: this.errors.quick, known: true },
    };
  }
}
