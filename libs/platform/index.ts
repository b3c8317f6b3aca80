export { newBearerKey, parseBearerKey } from './bearer-key.js';
export { Clock, FixedClock, LAST_EXPIRY, SystemClock } from './clock.js';
export { decodeCursor, encodeCursor, idPosition, timePosition } from './cursor.js';
export { DataDirLockedError, lockDataDir, type DataDirLock } from './data-dir-lock.js';
export { AppError, badRequest, conflict, notFound, type FieldError } from './errors.js';
export { EventStream } from './feed/event-stream.js';
export { wantsStream, type FeedBounds } from './feed/feed-start.js';
export { Feed, type FeedSettings, type FeedSlice, type FeedSource } from './feed/feed.js';
export { ApiQueryOf } from './http/api-query.decorator.js';
export { CurrentCaller, setCaller, systemActor, type Actor, type Caller, type Marks } from './http/caller.js';
export { parseJson } from './http/content-parsers.js';
export { createHttpApp } from './http/create-http-app.js';
export { idempotencyKeyOf } from './http/idempotency-key.js';
export { ReadinessChecks } from './http/health.controller.js';
export {
  ANY_CALLER_ROUTE, AnyCallerRoute, PUBLIC_ROUTE, PublicRoute, ROUTE_PERMISSION, RequirePermission, type RoutePermission,
} from './http/route-permission.decorator.js';
export { isStoreOutage } from './http/store-outage.js';
export { newId } from './ids.js';
export { AppLogger } from './logging.js';
export { Metrics } from './metrics.js';
export { NextBatch } from './next-batch.js';
export { PlatformModule } from './platform.module.js';
export { JobSchedule, RecurringJob } from './recurring-job.js';
export { oidcFields, oidcOf, type OidcSettings, type RoleRule } from './oidc-fields.js';
export { runProcess, type RunningProcess } from './run-process.js';
export {
  Secrets, fingerprintOf, readOrCreateMasterKey, sameDigest, type AddedKeys, type PepperedDigest, type WrappedSecret,
} from './secrets.js';
export {
  addedKeyFields, addedKeysOf, adminFields, alertFields, geoFields, httpFields, jwtFields, kafkaFields, keyPlatformFields, keyPlatformOf, leakFields, masterKeyField, ownerFields, ownerFileOf, parseTopic, policyFields, ruleFields, secretFields, settingsSchema, startFields, storeFields, type KeyPlatformSettings, type OwnerFileSettings,
} from './setting-fields.js';
export { SettingsError, readSettings } from './settings.js';
export { WorkspaceScope } from './workspace-scope.js';
