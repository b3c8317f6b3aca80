import { ByteWriter } from './byte-writer.js';

/** How a column's values are written. Numbers of 64 bits are whole and below 2^53. */
export type NativeColumn<Row> = { name: string } & (
  | { type: 'String' | 'LowCardinality(String)'; value(row: Row): string }
  | { type: 'UInt16' | 'Int32' | 'Int64' | `DateTime64(3, 'UTC')`; value(row: Row): number }
  | { type: 'Nullable(Float32)' | 'Nullable(UInt64)'; value(row: Row): number | null }
  | { type: 'Map(String, String)'; value(row: Row): Readonly<Record<string, string>> }
);

/** Rows as one block of ClickHouse's Native format, the only one that the engine takes in without parsing. */
export interface NativeBlock {
  columns: readonly string[];
  rows: number;
  bytes: Buffer;
}

/** What most rows take, and the names and types; it grows by itself. */
const BYTES_A_ROW = 200;
const BYTES_A_HEADER = 4096;

/**
 * Writes rows column by column.
 * @see https://clickhouse.com/docs/interfaces/formats/Native and, for dictionaries, SerializationLowCardinality.cpp
 */
export function encodeNative<Row>(columns: readonly NativeColumn<Row>[], rows: readonly Row[]): NativeBlock {
  const out = new ByteWriter(rows.length * BYTES_A_ROW + BYTES_A_HEADER);
  out.varint(columns.length);
  out.varint(rows.length);
  for (const column of columns) {
    out.string(column.name);
    out.string(column.type);
    writeColumn(out, column, rows);
  }
  return { columns: columns.map(({ name }) => name), rows: rows.length, bytes: out.bytes() };
}

function writeColumn<Row>(out: ByteWriter, column: NativeColumn<Row>, rows: readonly Row[]): void {
  switch (column.type) {
    case 'String':
      for (const row of rows) out.string(column.value(row));
      return;
    case 'LowCardinality(String)': return writeDictionary(out, rows, column.value);
    case 'UInt16': return out.raw(fill(new Uint16Array(rows.length), rows, column.value));
    case 'Int32': return out.raw(fill(new Int32Array(rows.length), rows, column.value));
    case 'Int64':
    case `DateTime64(3, 'UTC')`: return out.raw(words(rows, column.value));
    case 'Nullable(Float32)':
    case 'Nullable(UInt64)': {
      const { value } = column;
      out.raw(fill(new Uint8Array(rows.length), rows, (row) => (value(row) === null ? 1 : 0)));
      const known = (row: Row) => value(row) ?? 0;
      return out.raw(column.type === 'Nullable(UInt64)' ? words(rows, known) : fill(new Float32Array(rows.length), rows, known));
    }
    case 'Map(String, String)': return writeMaps(out, rows, column.value);
  }
}

/** Not `from`, which asks an iterator for every row. */
function fill<Row, Numbers extends Uint8Array | Uint16Array | Int32Array | Float32Array>(numbers: Numbers, rows: readonly Row[], value: (row: Row) => number): Numbers {
  for (let row = 0; row < rows.length; row += 1) numbers[row] = value(rows[row]!);
  return numbers;
}

/** 64-bit integers as pairs of 32-bit words, low one first: numbers, since BigInt costs much more. */
function words<Row>(rows: readonly Row[], value: (row: Row) => number): Int32Array {
  const pairs = new Int32Array(rows.length * 2);
  for (let row = 0; row < rows.length; row += 1) setWords(pairs, row, value(rows[row]!));
  return pairs;
}

function setWords(pairs: Int32Array, index: number, value: number): void {
  // Stores modulo 2^32, so that negative numbers come out in two's complement.
  pairs[index * 2] = value;
  pairs[index * 2 + 1] = Math.floor(value / 0x1_0000_0000);
}

const KEYS_OF_ITS_OWN = 1 << 9;

/** Each different value once, then for each row which one it is, in as few bytes as that takes. */
function writeDictionary<Row>(out: ByteWriter, rows: readonly Row[], value: (row: Row) => string): void {
  const places = new Map<string, number>();
  const indexes = new Uint32Array(rows.length);
  let last: string | undefined;
  let place = 0;
  for (let row = 0; row < rows.length; row += 1) {
    const text = value(rows[row]!);
    if (text !== last) {
      place = places.get(text) ?? places.size;
      if (place === places.size) places.set(text, place);
      last = text;
    }
    indexes[row] = place;
  }
  const width = places.size <= 0x100 ? 0 : places.size <= 0x1_0000 ? 1 : 2;
  const version = 1;
  out.raw(Int32Array.of(version, 0, KEYS_OF_ITS_OWN | width, 0, places.size, 0));
  for (const text of places.keys()) out.string(text);
  out.raw(Int32Array.of(rows.length, 0));
  out.raw(width === 0 ? Uint8Array.from(indexes) : width === 1 ? Uint16Array.from(indexes) : indexes);
}

function writeMaps<Row>(out: ByteWriter, rows: readonly Row[], value: (row: Row) => Readonly<Record<string, string>>): void {
  const ends = new Int32Array(rows.length * 2);
  const keys: string[] = [];
  const values: string[] = [];
  rows.forEach((row, index) => {
    const map = value(row);
    for (const key of Object.keys(map)) {
      keys.push(key);
      values.push(map[key]!);
    }
    setWords(ends, index, keys.length);
  });
  out.raw(ends);
  for (const key of keys) out.string(key);
  for (const text of values) out.string(text);
}
