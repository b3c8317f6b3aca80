import type { NativeBlock } from './native-block.js';

/** Values for `{name:Type}` placeholders. */
export type QueryParams = Record<string, string | number | boolean | readonly string[] | readonly number[]>;

export interface InsertOptions {
  /**
   * Two inserts with one token store one block: a retry after a lost answer doubles nothing. Hex digits only, and never user data: it
   * becomes part of a setting.
   */
  deduplicationToken: string;
}

/** ClickHouse, by server or embedded. Rows go in one block an insert, and are durable when the promise resolves. */
export abstract class ClickHouse {
  /** Rows of a SELECT without FORMAT. 64-bit integers arrive as numbers: keep them below 2^53. */
  abstract select<Row>(sql: string, params?: QueryParams): Promise<Row[]>;

  /** The same, column by column: a third of the cost where there are many rows. */
  abstract selectColumns<Row>(sql: string, params?: QueryParams): Promise<{ [Name in keyof Row]: Row[Name][] }>;

  /** Stores a block in a table. Columns that are not in it take their defaults. */
  abstract insertBlock(table: string, block: NativeBlock, options: InsertOptions): Promise<void>;

  /** Runs a statement that answers nothing. */
  abstract command(sql: string): Promise<void>;

  abstract close(): Promise<void>;
}

/** Makes sure that a deduplication token can stand in a setting. */
export function checkToken(token: string): string {
  if (!/^[0-9a-f]{8,128}$/.test(token)) throw new Error('a deduplication token must be 8 to 128 hex digits');
  return token;
}

/** Settings of every insert: acknowledged means stored, and a repeated token is dropped in the table and in its rollups alike. */
export const insertSettings = (token: string) => ({
  async_insert: 0,
  insert_deduplicate: 1,
  insert_deduplication_token: checkToken(token),
  deduplicate_blocks_in_dependent_materialized_views: 1,
  max_partitions_per_insert_block: 0,
});
