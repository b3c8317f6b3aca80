export { Changes, type KeysChanged } from './changes.service.js';
export { Database, type Executor, type PostgresLocation } from './database.js';
export { claimIdempotencyKey, keepAnswer, type IdempotentCall } from './idempotent-call.store.js';
export { keepMasterKeyCheck, keepVersionChecks, versionsInUse, type VersionCheck } from './installation.store.js';
export { oneAtATime } from './one-at-a-time.js';
export { inWorkspaces } from './in-workspaces.js';
export { PostgresModule } from './postgres.module.js';
export type { AlertChannelTable, AlertDeliveryTable, AlertRouteTable, AuditCheckpointTable, BacktestFindingTable, BacktestTable, BulkContainmentKeyTable, BulkContainmentTable, ContainmentTable, CredentialTable, CustomRuleTable, KeyEventTable, OwnerTable, PolicyViolationTable, RemoteContainmentTable, RemoteSuccessorPlan, RuleTuningTable, SessionTable, SilenceTable, SuppressionTable, WorkspaceTable, FindingTable, IncidentChangeTable, IncidentTable, LeakTable, LeakedKeyTable, Tables } from './tables.js';
export { RetentionJob } from './retention.job.js';
