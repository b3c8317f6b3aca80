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
  sums(values: number[]): void;
  /** With seven digits; not always in the array that is given. */
  floats(values: number[]): number[];
  float(value: number): number;
  /** Leaves room in the place, filled or not. */
  skip(floats: number): void;
}

/** Also measures: with empty arrays it writes nothing, and `place` ends behind what it would have written. */
export class FieldWriter implements Fields {
  constructor(readonly place: Place = { floats: new Float32Array(0), floatsAt: 0, doubles: new Float64Array(0), doublesAt: 0 }) {}

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

  sums(values: number[]): void {
    const { doubles, doublesAt } = this.place;
    for (let index = 0; index < values.length; index += 1) doubles[doublesAt + index] = values[index]!;
    this.place.doublesAt += values.length;
  }

  floats(values: number[]): number[] {
    const { place } = this;
    // A view of this very place is written already.
    if (place.floats.length > 0 && !isViewOf(place, values)) place.floats.set(values, place.floatsAt);
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

export class FieldReader implements Fields {
  private readonly views = new Map<number, number[]>();

  constructor(readonly place: Place) {}

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

  sums(values: number[]): void {
    const { doubles, doublesAt } = this.place;
    for (let index = 0; index < values.length; index += 1) values[index] = doubles[doublesAt + index]!;
    this.place.doublesAt += values.length;
  }

  /** Views of the place, made once: reading again changes what is in them. */
  floats(values: number[]): number[] {
    const { place, views } = this;
    let view = views.get(place.floatsAt);
    // To who reads and writes numbers by their index there is no difference, and none has to be copied one by one.
    if (view === undefined) views.set(place.floatsAt, view = place.floats.subarray(place.floatsAt, place.floatsAt + values.length) as unknown as number[]);
    place.floatsAt += values.length;
    return view;
  }

  float(): number {
    return this.place.floats[this.place.floatsAt++]!;
  }

  skip(floats: number): void {
    this.place.floatsAt += floats;
  }
}

const isViewOf = ({ floats, floatsAt }: Place, values: unknown): boolean =>
  values instanceof Float32Array && values.buffer === floats.buffer && values.byteOffset === floats.byteOffset + 4 * floatsAt;
