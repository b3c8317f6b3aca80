export { AuditEntry, AuditPage, AuditQuery } from './audit.js';
export {
  AuditCheckpoint, AuditCheckpointPage, AuditCheckpointQuery, AuditExportHeader, AuditExportLine, AuditExportQuery, AuditProof, CheckpointBody,
  CheckpointKey, CheckpointKeySet, ConsistencyProof, ConsistencyQuery, IncidentBundle,
} from './audit-proof.js';
export {
  AccessToken, CreateAccessToken, AccessTokenList, CreatedAccessToken, Role, permissions, rolePermissions, type Permission,
} from './access.js';
export {
  BlastRadius, BulkAnswer, BulkContain, BulkContainment, BulkPlan, BulkTarget, CancelContainment, CompleteContainment, Containment, ContainmentAction,
  ContainmentPage, ContainmentQuery, ContainmentState, ContainmentStep, ContainmentSummary, HandOver, OnOverlapEnd, OverlapCaller, OverlapState, Proof,
  PublicKeyReplacement, Recovery, RecoveryCaller, Replacement, ResumeBulkContainment, RevokeAndReplace, RotateKey, Runtime, ServiceTokenReplacement, SigningKeyReplacement,
  UnsafeReason, WorkspaceKeyReplacement, type BulkContainmentOrders, ResumeContainment, ResumedContainment,
} from './containment.js';
export {
  ApiKey, ApiKeyPage, CreateApiKey, CreatePublicKey, CreateServiceToken, CreateSigningKey, CreateWorkspaceKey, CreatedApiKey, IssuedApiKey,
  IssuedPublicKey, IssuedServiceToken, IssuedSigningKey, IssuedWorkspaceKey, KeyQuery, KeyState, PublicKey, PublicKeyPage, RevokeQuery,
  RewrapResult, RewrapSecrets,
  ServiceToken, ServiceTokenPage, SigningKey, SigningKeyPage, UpdateApiKey, UpdatePublicKey, UpdateServiceToken, UpdateSigningKey,
  UpdateWorkspaceKey, VerificationJwk, VerificationJwks, WorkspaceKey, WorkspaceKeyPage, issuedKinds, type AnyKey, type IssuedKind,
} from './credential.js';
export { DetectionFinding } from './ocsf.js';
export {
  AlertDelivery, AlertDeliveryPage, AlertDeliveryQuery, AlertDeliveryState, AlertDeliveryWithEvent, AlertEvent, AlertEventType, AlertGroupField, AlertRoute, AlertRoutePage, AlertRouteQuery,
  CreateAlertRoute, CreateSilence, EndSilence, IncidentChange, GroupedIncident, IncidentChangeKind, QuietHours, RedeliverAlert, Silence, SilencePage, SilenceQuery, UpdateAlertRoute,
} from './alert.js';
export {
  AlertChannel, AlertChannelConfig, AlertChannelKind, AlertChannelPage, AlertChannelQuery, AlertmanagerConfig, CreateAlertChannel, CreatedAlertChannel, EmailConfig, KafkaConfig,
  PagerDutyConfig, RotateSigningSecret, SendTestAlert, SlackConfig, SyslogConfig, UpdateAlertChannel, WebhookConfig, alertChannelSecrets,
} from './alert-channel.js';
export {
  Backtest, BacktestChange, BacktestFinding, BacktestFindings, BacktestFindingsQuery, BacktestPage, BacktestQuery, BacktestResult, BacktestState, CancelBacktest, CreateBacktest,
} from './backtest.js';
export { CreateCustomRule, CustomRuleFile, CustomRulePage, CustomRuleQuery } from './custom-rule.js';
export {
  AffectedKey, Finding, FindingEvidence, FindingPage, FindingQuery, Incident, IncidentPage, IncidentQuery, IncidentState, IncidentSummary, IncidentTimes,
  IncidentTimesQuery, IncidentTimesReport, MergeIncident, NewCallersConduct,
  RuleDescription, RuleList,
  Severity, SimilarIncident, SplitIncident, SuggestedAction, TimelineEntry, UpdateIncident, severityRank,
} from './incident.js';
export {
  IntrospectBatch, IntrospectRequest, Introspection, IntrospectionList, MOST_INTROSPECTIONS, RefusalReason, SignedRequest, refusalStatus,
} from './introspection.js';
export { LiveEvent, LiveEventPage, LiveEventType, LiveQuery } from './live-event.js';
export { KeyEvent, KeyEventPage, KeyEventQuery, KeyEventType } from './key-event.js';
export {
  FalsePositiveReason, GithubLeakAnswer, GithubLeakReport, LONGEST_LEAKED_SECRET, Leak, LeakLabel, LeakPage, LeakQuery, LeakReceipt, LeakSummary, LeakedKey, ReportLeak,
} from './leak.js';
export { CreateOwner, Escalation, EscalationContact, MOST_ESCALATIONS, Owner, OwnerList, OwnerStatus, PublicJwk, UpdateOwner } from './owner.js';
export { AbsentOwners, ImportOwners, OwnerFeedFormat, OwnerImport, ScimPatch } from './owner-import.js';
export {
  PolicyId, PolicySeverity, PolicySummary, PolicySummaryQuery, PolicyViolation, PolicyViolationPage, PolicyViolationQuery, ViolationEnd, ViolationState,
} from './policy.js';
export { Problem } from './problem.js';
export {
  Activity, ActivityPoint, ActivityQuery, CredentialKind, DeadLetter, DeadLetterPage, DeadLetterQuery, IntakeAccounts, IntakeParameters, IntakeQuery, IntakeResult,
  LineError, Outcome, ReplayDeadLetters, ReplayOutcome, ReplayResult, RequestLog, RequestLogFormat, RequestLogLine, RequestLogPage, RequestLogQuery,
  RequestCounts, RequestCountsQuery, filterColumns, type FilterField,
} from './request-log.js';
export { KeyAuthorityName, RemoteKey, RemoteKeyPage } from './remote-key.js';
export { IdempotencyKey, identifier, label, page, pageQuery, remark, text, timestamp } from './text.js';
export { withoutSecrets } from './without-secrets.js';
export { OpenSession, OpenSessionList, PAGE_HEADER, Session, SignInMethods, SignInProblem, SignInQuery } from './session.js';
export {
  CreateSuppression, EndSuppression, JudgedFinding, NotAThreat, RuleOf, RuleOfList, RuleOfQuery, SetRule, SettingValue, Suppression, SuppressionPage, SuppressionQuery,
} from './tuning.js';
export {
  CreateWorkspace, Environment, RotationPolicy, UpdateRotationPolicy, UpdateWorkspace, Workspace, WorkspaceList,
} from './workspace.js';
