/** Two slots a place: a busy place forgets the older of two. */
const WAYS = 2;

/** Hashes of a request, below 2^32: who called, and what was called. `size`: of its body, 0 = not known. */
export interface RequestMarks { caller: number; call: number; size: number }

/**
 * Which request ids came lately, and what with: hashes in tables of fixed size, so that memory does not grow with traffic. Ids that were
 * forgotten, or came before the process began, are not known to come again.
 */
export class RequestMemory {
  private readonly ids: Float64Array;
  private readonly marks: Uint32Array;
  private readonly minutes: Uint32Array;
  private readonly places: number;

  /** `capacity`: ids that are remembered at most; 24 bytes each. `forMinutes`: by the clock of the requests. */
  constructor(capacity: number, private readonly forMinutes: number) {
    this.places = Math.max(1, Math.floor(capacity / WAYS));
    this.ids = new Float64Array(this.places * WAYS);
    this.marks = new Uint32Array(this.places * WAYS * 3);
    this.minutes = new Uint32Array(this.places * WAYS);
  }

  /**
   * Whether the id was there for the same call with another caller or another body. One id for several calls, as of a trace, does not count.
   * It is remembered as it came first. `id`: a hash below 2^53, not 0.
   */
  isStrange(id: number, { caller, call, size }: RequestMarks, minute: number): boolean {
    const place = (id % this.places) * WAYS;
    let oldest = place;
    for (let slot = place; slot < place + WAYS; slot += 1) {
      if (this.ids[slot] === id && Math.abs(this.minutes[slot]! - minute) <= this.forMinutes) {
        if (this.marks[slot * 3 + 1] !== call) return false;
        const known = this.marks[slot * 3 + 2]!;
        return this.marks[slot * 3] !== caller || (known !== 0 && size !== 0 && known !== size);
      }
      if (this.minutes[slot]! < this.minutes[oldest]!) oldest = slot;
    }
    this.ids[oldest] = id;
    this.marks.set([caller, call, size], oldest * 3);
    this.minutes[oldest] = minute;
    return false;
  }
}
