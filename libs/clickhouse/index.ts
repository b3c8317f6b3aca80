export { ClickHouse, checkToken, type InsertOptions, type QueryParams } from './clickhouse.js';
export { ClickHouseModule } from './clickhouse.module.js';
export { migrateClickHouse } from './migrate.js';
export { NativeBlockBuilder, encodeNative, type NativeBlock } from './native-block.js';
export type { NativeColumn } from './native-column.js';
export { openClickHouse, type ClickHouseLocation } from './open.js';
export { ServerClickHouse } from './server-clickhouse.js';
