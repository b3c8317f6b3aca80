export { AuditEntry, AuditPage, AuditQuery } from './audit.js';
export {
  AccessToken, CreateAccessToken, AccessTokenList, CreatedAccessToken, Role, permissions, rolePermissions, type Permission,
} from './access.js';
export {
  ApiKey, ApiKeyPage, ApiKeyQuery, ApiKeyState, CreateApiKey, CreateOwner, CreateWorkspace, CreatedApiKey, Environment,
  IntrospectRequest, Introspection, Owner, OwnerList, RefusalReason, Replacement, RevokeAndReplace, RevokeQuery, UpdateApiKey,
  Workspace, WorkspaceList,
} from './credential.js';
export {
  Finding, FindingEvidence, FindingPage, FindingQuery, Incident, IncidentPage, IncidentQuery, IncidentState, IncidentSummary,
  RuleDescription, RuleList,
  Severity, SuggestedAction, TimelineEntry, UpdateIncident, severityRank,
} from './incident.js';
export { Problem } from './problem.js';
export {
  Activity, ActivityPoint, ActivityQuery, CredentialKind, DeadLetter, DeadLetterPage, DeadLetterQuery, IntakeAccounts, IntakeParameters, IntakeQuery, IntakeResult,
  LineError, Outcome, ReplayDeadLetters, ReplayOutcome, ReplayResult, RequestLog, RequestLogFormat, RequestLogLine, RequestLogPage, RequestLogQuery,
} from './request-log.js';
export { IdempotencyKey, identifier, page, pageQuery, text, timestamp } from './text.js';
