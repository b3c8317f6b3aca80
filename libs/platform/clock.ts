/** The time, so that tests can hold it. Epoch milliseconds. */
export abstract class Clock {
  abstract now(): number;

  date(): Date {
    return new Date(this.now());
  }
}

export class SystemClock extends Clock {
  override now(): number {
    return Date.now();
  }
}

/** RFC 3339 has four digits for a year: nothing may expire later. */
export const LAST_EXPIRY = new Date('9999-12-31T23:59:59.999Z');

/** A clock that stands until told otherwise. */
export class FixedClock extends Clock {
  constructor(private time: number) {
    super();
  }

  override now(): number {
    return this.time;
  }

  set(time: number): void {
    this.time = time;
  }

  advance(milliseconds: number): void {
    this.time += milliseconds;
  }
}
