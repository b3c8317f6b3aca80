import { ByteWriter } from './byte-writer.js';
import { setWords, writeDictionary, type ColumnWriter } from './column-writers.js';
import { columnWriter, type NativeColumn, type NativeConstant } from './native-column.js';

/** Rows as one block of ClickHouse's Native format, the only one that the engine takes in without parsing. */
export interface NativeBlock {
  columns: readonly string[];
  rows: number;
  bytes: Buffer;
}

const BYTES_A_HEADER = 4096;

/**
 * A block in the making. Rows are written column by column as they come, so that they need not be kept: a block takes a small part of the
 * memory that its rows would.
 * @see https://clickhouse.com/docs/interfaces/formats/Native
 */
export class NativeBlockBuilder<Row> {
  private readonly writers: readonly { column: NativeColumn<Row>; writer: ColumnWriter<Row> }[];
  private rows = 0;

  /** `expected` rows fit without growing. */
  constructor(columns: readonly NativeColumn<Row>[], expected: number) {
    this.writers = columns.map((column) => ({ column, writer: columnWriter(column, expected) }));
  }

  append(rows: readonly Row[]): void {
    this.rows += rows.length;
    for (const { writer } of this.writers) writer.append(rows);
  }

  /** Forgets its rows and keeps its room for others. */
  clear(): void {
    this.rows = 0;
    for (const { writer } of this.writers) writer.clear();
  }

  /** The block, with columns that have one value throughout. */
  build(constants: readonly NativeConstant[] = []): NativeBlock {
    const writers = this.writers.filter(({ writer }) => writer.isEmpty !== true);
    const out = new ByteWriter(this.rows * BYTES_A_ROW + BYTES_A_HEADER);
    out.varint(writers.length + constants.length);
    out.varint(this.rows);
    for (const { column, writer } of writers) {
      out.string(column.name);
      out.string(column.type);
      writer.writeTo(out);
    }
    for (const constant of constants) writeConstant(out, constant, this.rows);
    return { columns: [...writers.map(({ column }) => column.name), ...constants.map(({ name }) => name)], rows: this.rows, bytes: out.bytes() };
  }
}

/** What most rows take; it grows by itself. */
const BYTES_A_ROW = 200;

/** All rows at once. */
export function encodeNative<Row>(columns: readonly NativeColumn<Row>[], rows: readonly Row[]): NativeBlock {
  const builder = new NativeBlockBuilder(columns, rows.length);
  builder.append(rows);
  return builder.build();
}

function writeConstant(out: ByteWriter, { name, ...constant }: NativeConstant, rows: number): void {
  out.string(name);
  out.string(constant.type);
  if (constant.type === 'LowCardinality(String)') return writeDictionary(out, [constant.value], new Uint32Array(rows));
  const words = new Int32Array(rows * 2);
  for (let row = 0; row < rows; row += 1) setWords(words, row * 2, constant.value);
  out.raw(words);
}
