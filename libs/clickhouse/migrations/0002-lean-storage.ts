const mergeByColumn = (table: string) => `ALTER TABLE ${table}
  MODIFY SETTING vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 1`;

const compress = (table: string, columns: Readonly<Record<string, string>>) =>
  `ALTER TABLE ${table} ${Object.entries(columns).map(([column, definition]) => `MODIFY COLUMN ${column} ${definition}`).join(', ')}`;

/**
 * Merges read one column at a time, whatever the size of the parts: with some thirty columns, all at once hold hundreds of megabytes.
 * Offsets grow by little within a key, and hex digits and small numbers in wide columns are half air.
 */
export const leanStorage: readonly string[] = [
  mergeByColumn('request_logs'),
  mergeByColumn('caller_activity'),
  compress('request_logs', {
    offset: 'Int64 CODEC(Delta, ZSTD(1))', latency_ms: 'Nullable(Float32) CODEC(ZSTD(1))', bytes_in: 'Nullable(UInt64) CODEC(ZSTD(1))',
    bytes_out: 'Nullable(UInt64) CODEC(ZSTD(1))',
  }),
  compress('caller_activity', {
    request_ids: 'Array(String) CODEC(ZSTD(1))', routes: 'Array(String) CODEC(ZSTD(1))', batch_id: 'String CODEC(ZSTD(1))', key_id: 'String CODEC(ZSTD(1))',
    address: 'String CODEC(ZSTD(1))', user_agent: 'String CODEC(ZSTD(1))', principal: 'String CODEC(ZSTD(1))', requests: 'UInt64 CODEC(ZSTD(1))',
    first_time: `DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))`, last_time: `DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))`,
  }),
];
