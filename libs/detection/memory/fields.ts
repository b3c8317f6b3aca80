/** Where the numbers of a structure are kept: some with seven digits, some in full, each from a place on. */
export interface Place { floats: Float32Array; floatsAt: number; doubles: Float64Array; doublesAt: number }

/**
 * Goes through the numbers of a structure in a fixed order, to write them down or to read them back. One description serves both: each method
 * returns what holds after it, and arrays are filled in place.
 */
export interface Fields {
  /** In full. */
  number(value: number): number;
  flag(value: boolean): boolean;
  /** In full; not always in the array that is given. */
  sums<Sums extends number[]>(values: Sums): Sums;
  /** With seven digits; not always in the array that is given. */
  floats(values: number[]): number[];
  float(value: number): number;
  /** Leaves room in the place, filled or not. */
  skip(floats: number): void;
}

/** Also measures: with empty arrays it writes nothing, and `place` ends behind what it would have written. */
export class FieldWriter implements Fields {
  /** `views`: of the reader of this very place, if there is one. What is one of them is written already. */
  constructor(readonly place: Place = { floats: new Float32Array(0), floatsAt: 0, doubles: new Float64Array(0), doublesAt: 0 }, private readonly views: Views = noViews()) {}

  /** Goes back to the beginning. */
  restart(): this {
    this.place.floatsAt = 0;
    this.place.doublesAt = 0;
    return this;
  }

  number(value: number): number {
    this.place.doubles[this.place.doublesAt++] = value;
    return value;
  }

  flag(value: boolean): boolean {
    this.place.doubles[this.place.doublesAt++] = value ? 1 : 0;
    return value;
  }

  sums<Sums extends number[]>(values: Sums): Sums {
    const { doubles, doublesAt } = this.place;
    if (this.views.sums[doublesAt] !== values) for (let index = 0; index < values.length; index += 1) doubles[doublesAt + index] = values[index]!;
    this.place.doublesAt += values.length;
    return values;
  }

  floats(values: number[]): number[] {
    const { place } = this;
    if (place.floats.length > 0 && this.views.floats[place.floatsAt] !== values) place.floats.set(values, place.floatsAt);
    place.floatsAt += values.length;
    return values;
  }

  float(value: number): number {
    this.place.floats[this.place.floatsAt++] = value;
    return value;
  }

  skip(floats: number): void {
    this.place.floatsAt += floats;
  }
}

/**
 * Arrays that look at a place, by where they begin in it; made once: reading again changes what is in them. To who reads and writes numbers by their index
 * there is no difference, and none has to be copied one by one.
 */
export interface Views { floats: (number[] | undefined)[]; sums: (number[] | undefined)[] }

export const noViews = (): Views => ({ floats: [], sums: [] });

export class FieldReader implements Fields {
  constructor(readonly place: Place, private readonly views: Views = noViews()) {}

  /** Goes back to the beginning. */
  restart(): this {
    this.place.floatsAt = 0;
    this.place.doublesAt = 0;
    return this;
  }

  number(): number {
    return this.place.doubles[this.place.doublesAt++]!;
  }

  flag(): boolean {
    return this.place.doubles[this.place.doublesAt++] === 1;
  }

  sums<Sums extends number[]>(values: Sums): Sums {
    const { place, views: { sums } } = this;
    const at = place.doublesAt;
    place.doublesAt += values.length;
    return (sums[at] ??= place.doubles.subarray(at, place.doublesAt) as unknown as number[]) as Sums;
  }

  floats(values: number[]): number[] {
    const { place, views: { floats } } = this;
    const at = place.floatsAt;
    place.floatsAt += values.length;
    return floats[at] ??= place.floats.subarray(at, place.floatsAt) as unknown as number[];
  }

  float(): number {
    return this.place.floats[this.place.floatsAt++]!;
  }

  skip(floats: number): void {
    this.place.floatsAt += floats;
  }
}
