export { ClickHouse, type InsertOptions, type QueryParams } from './clickhouse.js';
export { ClickHouseModule } from './clickhouse.module.js';
export { migrateClickHouse } from './migrate.js';
export { openClickHouse, type ClickHouseLocation } from './open.js';
export { ServerClickHouse } from './server-clickhouse.js';
