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
  /** With seven digits. */
  floats(values: number[]): void;
  float(value: number): number;
  /** Leaves room in the place, filled or not. */
  skip(floats: number): void;
}

/** Also measures: with empty arrays it writes nothing, and `place` ends behind what it would have written. */
export class FieldWriter implements Fields {
  constructor(readonly place: Place = { floats: new Float32Array(0), floatsAt: 0, doubles: new Float64Array(0), doublesAt: 0 }) {}

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

  floats(values: number[]): void {
    const { floats, floatsAt } = this.place;
    for (let index = 0; index < values.length; index += 1) floats[floatsAt + index] = values[index]!;
    this.place.floatsAt += values.length;
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
  constructor(readonly place: Place) {}

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

  floats(values: number[]): void {
    const { floats, floatsAt } = this.place;
    for (let index = 0; index < values.length; index += 1) values[index] = floats[floatsAt + index]!;
    this.place.floatsAt += values.length;
  }

  float(): number {
    return this.place.floats[this.place.floatsAt++]!;
  }

  skip(floats: number): void {
    this.place.floatsAt += floats;
  }
}
