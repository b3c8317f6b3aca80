import { DictionaryWriter, MapWriter, NullableWriter, NumberWriter, TextWriter, TextsWriter, WordsWriter, type ColumnWriter } from './column-writers.js';

/** How a column's values are written. Numbers of 64 bits are whole and below 2^53. */
export type NativeColumn<Row> = { name: string } & (
  | { type: 'String' | 'LowCardinality(String)'; value(row: Row): string }
  | { type: 'UInt16' | 'Int32' | 'Int64' | `DateTime64(3, 'UTC')`; value(row: Row): number }
  | { type: 'Nullable(Float32)' | 'Nullable(UInt64)'; value(row: Row): number | null }
  /** A map or list is left out of a block in which it is empty throughout. */
  | { type: 'Map(String, String)'; value(row: Row): Readonly<Record<string, string>> }
  | { type: 'Array(String)'; value(row: Row): readonly string[] }
);

/** A column that has one value in every row of a block. */
export type NativeConstant = { name: string } & ({ type: 'LowCardinality(String)'; value: string } | { type: `DateTime64(3, 'UTC')`; value: number });

/** `expected` rows fit without growing. */
export function columnWriter<Row>(column: NativeColumn<Row>, expected: number): ColumnWriter<Row> {
  switch (column.type) {
    case 'String': return new TextWriter(column.value, expected);
    case 'LowCardinality(String)': return new DictionaryWriter(column.value, expected);
    case 'UInt16': return new NumberWriter(Uint16Array, column.value, expected);
    case 'Int32': return new NumberWriter(Int32Array, column.value, expected);
    case 'Int64':
    case `DateTime64(3, 'UTC')`: return new WordsWriter(column.value, expected);
    case 'Nullable(Float32)': return new NullableWriter(column.value, (known) => new NumberWriter(Float32Array, known, expected), expected);
    case 'Nullable(UInt64)': return new NullableWriter(column.value, (known) => new WordsWriter(known, expected), expected);
    case 'Map(String, String)': return new MapWriter(column.value, expected);
    case 'Array(String)': return new TextsWriter(column.value, expected);
  }
}
