export { ClickHouse, type InsertOptions, type QueryParams } from './clickhouse.js';
export { ClickHouseModule } from './clickhouse.module.js';
export { migrateClickHouse } from './migrate.js';
export { encodeNative, type NativeBlock, type NativeColumn } from './native-block.js';
export { openClickHouse, type ClickHouseLocation } from './open.js';
export { ServerClickHouse } from './server-clickhouse.js';
