import { ByteWriter } from './byte-writer.js';

/** Gathers a column's values as rows come, and writes them when all are there. */
export interface ColumnWriter<Row> {
  append(rows: readonly Row[]): void;
  writeTo(out: ByteWriter): void;
  /** Forgets its values and keeps its room for others. */
  clear(): void;
  /** Whether it may be left out of the block. */
  readonly isEmpty?: boolean;
}

type Numbers = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float32Array;

/** What strings of a column take, more or less; it grows by itself. */
const BYTES_A_TEXT = 32;

/** The same numbers with room for at least `length`. */
function withRoom<Kind extends Numbers>(numbers: Kind, length: number): Kind {
  if (length <= numbers.length) return numbers;
  const larger = new (numbers.constructor as new (length: number) => Kind)(Math.max(length, numbers.length * 2));
  larger.set(numbers);
  return larger;
}

export class TextWriter<Row> implements ColumnWriter<Row> {
  private readonly texts: ByteWriter;

  constructor(private readonly value: (row: Row) => string, expected: number) {
    this.texts = new ByteWriter(expected * BYTES_A_TEXT);
  }

  append(rows: readonly Row[]): void {
    const { texts, value } = this;
    for (let row = 0; row < rows.length; row += 1) texts.string(value(rows[row]!));
  }

  clear(): void {
    this.texts.clear();
  }

  writeTo(out: ByteWriter): void {
    out.raw(this.texts.bytes());
  }
}

export class NumberWriter<Row, Kind extends Numbers> implements ColumnWriter<Row> {
  private numbers: Kind;
  private length = 0;

  constructor(kind: new (length: number) => Kind, private readonly value: (row: Row) => number, expected: number) {
    this.numbers = new kind(expected);
  }

  append(rows: readonly Row[]): void {
    this.numbers = withRoom(this.numbers, this.length + rows.length);
    const { numbers, value, length } = this;
    for (let row = 0; row < rows.length; row += 1) numbers[length + row] = value(rows[row]!);
    this.length += rows.length;
  }

  clear(): void {
    this.length = 0;
  }

  writeTo(out: ByteWriter): void {
    out.raw(this.numbers.subarray(0, this.length));
  }
}

/** 64-bit integers as pairs of 32-bit words, low one first: numbers, since BigInt costs much more. */
export class WordsWriter<Row> implements ColumnWriter<Row> {
  private words: Int32Array;
  private length = 0;

  constructor(private readonly value: (row: Row) => number, expected: number) {
    this.words = new Int32Array(expected * 2);
  }

  append(rows: readonly Row[]): void {
    this.words = withRoom(this.words, this.length + rows.length * 2);
    const { words, value } = this;
    for (let row = 0; row < rows.length; row += 1) {
      setWords(words, this.length, value(rows[row]!));
      this.length += 2;
    }
  }

  clear(): void {
    this.length = 0;
  }

  writeTo(out: ByteWriter): void {
    out.raw(this.words.subarray(0, this.length));
  }
}

/** Stores modulo 2^32, so that negative numbers come out in two's complement. */
export function setWords(words: Int32Array, at: number, value: number): void {
  words[at] = value;
  words[at + 1] = Math.floor(value / 0x1_0000_0000);
}

/** Which values are null, then all of them, with zero for null. */
export class NullableWriter<Row> implements ColumnWriter<Row> {
  private readonly nulls: ColumnWriter<Row>;
  private readonly values: ColumnWriter<Row>;

  constructor(value: (row: Row) => number | null, writer: (known: (row: Row) => number) => ColumnWriter<Row>, expected: number) {
    this.nulls = new NumberWriter(Uint8Array, (row: Row) => (value(row) === null ? 1 : 0), expected);
    this.values = writer((row) => value(row) ?? 0);
  }

  append(rows: readonly Row[]): void {
    this.nulls.append(rows);
    this.values.append(rows);
  }

  clear(): void {
    this.nulls.clear();
    this.values.clear();
  }

  writeTo(out: ByteWriter): void {
    this.nulls.writeTo(out);
    this.values.writeTo(out);
  }
}

const KEYS_OF_ITS_OWN = 1 << 9;
const DICTIONARY_VERSION = 1;

/** Each different value once, then for each row which one it is, in as few bytes as that takes. */
export class DictionaryWriter<Row> implements ColumnWriter<Row> {
  private readonly places = new Map<string, number>();
  private indexes: Uint32Array;
  private length = 0;
  private last: string | undefined;
  private place = 0;

  constructor(private readonly value: (row: Row) => string, expected: number) {
    this.indexes = new Uint32Array(expected);
  }

  append(rows: readonly Row[]): void {
    this.indexes = withRoom(this.indexes, this.length + rows.length);
    const { indexes, value, length } = this;
    for (let row = 0; row < rows.length; row += 1) {
      const text = value(rows[row]!);
      if (text !== this.last) this.find(text);
      indexes[length + row] = this.place;
    }
    this.length += rows.length;
  }

  clear(): void {
    this.places.clear();
    this.last = undefined;
    this.length = 0;
  }

  writeTo(out: ByteWriter): void {
    writeDictionary(out, [...this.places.keys()], this.indexes.subarray(0, this.length));
  }

  private find(text: string): void {
    const { places } = this;
    this.place = places.get(text) ?? places.size;
    if (this.place === places.size) places.set(text, this.place);
    this.last = text;
  }
}

/** @see SerializationLowCardinality.cpp of ClickHouse */
export function writeDictionary(out: ByteWriter, values: readonly string[], indexes: Uint32Array): void {
  const width = values.length <= 0x100 ? 0 : values.length <= 0x1_0000 ? 1 : 2;
  out.raw(Int32Array.of(DICTIONARY_VERSION, 0, KEYS_OF_ITS_OWN | width, 0, values.length, 0));
  for (const text of values) out.string(text);
  out.raw(Int32Array.of(indexes.length, 0));
  out.raw(width === 0 ? new Uint8Array(indexes) : width === 1 ? new Uint16Array(indexes) : indexes);
}

/** Where the texts of each row end, then all texts. */
export class TextsWriter<Row> implements ColumnWriter<Row> {
  private readonly texts: string[] = [];
  private readonly ends: WordsWriter<Row>;

  constructor(value: (row: Row) => readonly string[], expected: number) {
    this.ends = new WordsWriter((row) => {
      for (const text of value(row)) this.texts.push(text);
      return this.texts.length;
    }, expected);
  }

  get isEmpty(): boolean {
    return this.texts.length === 0;
  }

  append(rows: readonly Row[]): void {
    this.ends.append(rows);
  }

  clear(): void {
    this.texts.length = 0;
    this.ends.clear();
  }

  writeTo(out: ByteWriter): void {
    this.ends.writeTo(out);
    for (const text of this.texts) out.string(text);
  }
}

/** Where the entries of each row end, then all keys, then all values. */
export class MapWriter<Row> implements ColumnWriter<Row> {
  private readonly keys: string[] = [];
  private readonly values: string[] = [];
  private readonly ends: WordsWriter<Row>;

  constructor(value: (row: Row) => Readonly<Record<string, string>>, expected: number) {
    this.ends = new WordsWriter((row) => this.addAll(value(row)), expected);
  }

  get isEmpty(): boolean {
    return this.keys.length === 0;
  }

  append(rows: readonly Row[]): void {
    this.ends.append(rows);
  }

  clear(): void {
    this.keys.length = 0;
    this.values.length = 0;
    this.ends.clear();
  }

  writeTo(out: ByteWriter): void {
    this.ends.writeTo(out);
    for (const key of this.keys) out.string(key);
    for (const text of this.values) out.string(text);
  }

  private addAll(map: Readonly<Record<string, string>>): number {
    for (const key in map) {
      if (!Object.hasOwn(map, key)) continue;
      this.keys.push(key);
      this.values.push(map[key]!);
    }
    return this.keys.length;
  }
}
