export { Database, type Executor, type PostgresLocation } from './database.js';
export { keepMasterKeyCheck } from './installation.store.js';
export { inWorkspaces } from './in-workspaces.js';
export { PostgresModule } from './postgres.module.js';
export type { CredentialTable, FindingTable, IncidentTable, Tables } from './tables.js';
export { RetentionJob } from './retention.job.js';
