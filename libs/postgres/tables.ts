import type { ColumnType, Generated } from 'kysely';
import type {
  AlertChannelConfig, AlertChannelKind, AlertDeliveryState, AlertEvent, AlertEventType, AlertGroupField, BacktestChange, BacktestFinding, BacktestResult, BacktestState, BulkContainmentOrders, ContainmentAction, ContainmentState, Environment, FalsePositiveReason, FindingEvidence, EscalationContact, IncidentChange, IncidentChangeKind, IncidentState, IssuedKind, KeyAuthorityName, KeyEventType, KeyState, OnOverlapEnd, PolicyId, PolicySeverity, PublicJwk, QuietHours, RequestLogFormat, Role, RotationPolicy, Severity, TimelineEntry, VerificationJwk, ViolationEnd,
} from '@keytrail/contracts';

/** Read as Date; written as Date. */
type Time = ColumnType<Date, Date, Date>;
type OptionalTime = ColumnType<Date | null, Date | null | undefined, Date | null>;
/** Read as a value; written as JSON text. */
type Json<T> = ColumnType<T, string, string>;
type OptionalText = ColumnType<string | null, string | null | undefined, string | null>;
type OptionalJson<T> = ColumnType<T | null, string | null, string | null>;

export interface AccountTable { account_id: string; name: string; created_at: Time }

export interface WorkspaceTable {
  workspace_id: string; account_id: string; name: string; environment: Environment; created_at: Time; enhanced_security: Generated<boolean>;
  /** Days, for the kinds where the workspace has its own say. */
  rotation_policy: ColumnType<Partial<RotationPolicy>, string | undefined, string>;
}

export interface OwnerTable {
  owner_id: string; account_id: string; name: string; kind: 'person' | 'team'; contact: string; status: 'active' | 'left'; created_at: Time;
  left_at: OptionalTime; public_key: ColumnType<PublicJwk | null, string | null | undefined, string | null>;
  email: ColumnType<string | null, string | null | undefined, string | null>; handle: ColumnType<string | null, string | null | undefined, string | null>;
  external_id: ColumnType<string | null, string | null | undefined, string | null>;
  /** The import that tells of the owner; null for those that only people wrote down. */
  source: ColumnType<string | null, string | null | undefined, string | null>;
  /** Whom to ask next, in order. */
  escalation: ColumnType<EscalationContact[], string | undefined, string>;
}

/** What was read last of what tells of owners. */
export interface OwnerFeedTable { source: string; sha256: string; read_at: Time; outcome: 'applied' | 'refused' }

/** A key of any kind; what proves that somebody holds it is in a table of its own. */
export interface CredentialTable {
  key_id: string; kind: IssuedKind; account_id: string; name: string; service: string; owner_id: string; scopes: Json<string[]>;
  /** Null for a key of the account; it has an environment of its own then, and only then. */
  workspace_id: string | null; environment: ColumnType<Environment | null, Environment | null | undefined, Environment | null>;
  /** What a request names the key by, where that is not a bearer secret: the id of a workspace key or public key, the kid of a signing key. */
  public_id: ColumnType<string | null, string | null | undefined, string | null>;
  fingerprint: string; hint: string; created_at: Time; created_by: string; expires_at: OptionalTime; rotated_at: OptionalTime;
  rotation_due_at: Time; rotation_follows_policy: Generated<boolean>;
  revoked_at: OptionalTime; revoked_by: string | null; revoke_reason: string | null; replaces: string | null; replaced_by: string | null;
  /** Grows with every change: readers ask for what changed since. */
  version: Generated<number>;
  /** Who keeps it; of a remote key this is a mirror. */
  authority: Generated<KeyAuthorityName>;
  /** Nobody may use it: whoever does, found it. */
  canary: Generated<boolean>;
}

/** What only the mirror of a remote key has. Apart from the key: a use is no change that others are told of. */
export interface RemoteKeyTable {
  key_id: string; last_used_at: OptionalTime;
  /** When it was last written by who changed it at the platform: a listing that began earlier is out of date. */
  written_at: Time;
}
/** One process at a time reads the platform's keys. */
export interface KeyPlatformSyncTable { only_row: Generated<boolean>; held_until: OptionalTime; completed_at: OptionalTime; last_error: string | null }

/** Of bearer keys: HMAC-SHA256 under a pepper. */
export interface BearerDigestTable { key_id: string; digest: string; pepper_version: number }
/** Of workspace keys: the secret, encrypted; and how it shows where somebody presented it. */
export interface WrappedSecretTable { key_id: string; wrapped: string; wrapping_version: number; secret_fingerprint: string }
/** Of signing keys: the public half. */
export interface VerificationKeyTable { key_id: string; jwk: ColumnType<VerificationJwk, string, string> }
/** What tells a pepper or a wrapping key from another of the same version. */
export interface SecretVersionTable { purpose: 'pepper' | 'wrapping-key'; version: number; key_check: string }

/** What became of keys; written by a trigger. Positions are given in the order of commits. */
export interface KeyEventTable {
  position: number; at: Time; type: KeyEventType; key_id: string; kind: IssuedKind; workspace_id: string | null; fingerprint: string; name: string;
  expires_at: OptionalTime; revoked_at: OptionalTime; replaces: string | null; replaced_by: string | null;
}
/** Events up to this position were deleted. */
export interface KeyFeedTable { forgotten_until: number }
/** That incidents and findings changed. Positions are given in the order of commits, from the sequence of those of key events. */
export interface LiveChangeTable { position: number; at: Time; type: 'incident' | 'finding'; object_id: string; workspace_id: string; change: string }
export interface LiveFeedTable { forgotten_until: number }
/** How far each topic has the events, and which process writes to it now. */
export interface KeyEventTopicTable { topic: string; position: number; holder: string | null; held_until: OptionalTime }
/** Nonces of signed requests, for as long as the time in the request is good. */
export interface RequestNonceTable { key_id: string; nonce: string; expires_at: Time }

export interface AccessTokenTable {
  token_id: string; name: string; role: Role; workspaces: ColumnType<string[] | null, string | null, string | null>; digest: string;
  created_at: Time; created_by: string; expires_at: OptionalTime; revoked_at: OptionalTime;
}
/**
 * A person in a browser. It stands for the token that opened it, as long as that is the one whose digest stands here; or for somebody whom an identity
 * provider vouched for, as long as the settings are the same that say what such people may do.
 */
export interface SessionTable {
  session_id: string; digest: string; token_id: string | null; token_digest: string | null;
  subject: string | null; name: string | null; role: Role | null; workspaces: ColumnType<string[] | null, string | null, never>; settings_digest: string | null; address: string; user_agent: string; created_at: Time; expires_at: Time; ended_at: OptionalTime;
}
/** Goes up with each change of a token, in the order of commits. */
export interface AccessTokenChangesTable { version: number }

export interface AuditEntryTable {
  entry_id: Generated<number>; at: Time; actor: string; actor_address: string; action: string; object_type: string; object_id: string;
  workspace_id: string | null; reason: string | null; request_id: string; detail: Json<Record<string, unknown>>;
}

/** Entries that have no place in the tree yet. */
export interface AuditUnsequencedTable { entry_id: number }
export interface AuditLeafTable { leaf_index: number; entry_id: number }
/** Hashes (hex) of complete subtrees: that of `position` covers 2^level leaves from `position * 2^level`. */
export interface AuditTreeNodeTable { level: number; position: number; hash: string }
export interface AuditCheckpointTable { number: number; size: number; root: string; at: Time; protected: string; signature: string }
/** Public halves only, as JWK `x`. */
export interface AuditSigningKeyTable { key_id: string; x: string; first_used_at: Time }

export interface IdempotentCallTable {
  caller: string; idempotency_key: string; request_hash: string; answer: Json<unknown>; created_at: Time;
}

export interface DeadLetterTable {
  dead_letter_id: string; workspace_id: string; source: string; position: string; code: string; reason: string; sha256: string;
  payload: string; received_at: Time;
  /** Null for letters that were kept before this was noted: those cannot be replayed. */
  format: RequestLogFormat | null;
  default_workspace: Generated<string>; whole: Generated<boolean>;
  /** Requests of the line that were refused, and which ones; null = all in it. */
  requests: Generated<number>; items: ColumnType<number[] | null, string | null, string | null>;
  /** Of Kafka. */
  topic: string | null; partition: number | null; offset: number | null;
  replay_started_at: OptionalTime; replayed_at: OptionalTime; replayed_by: ColumnType<string | null, string | null | undefined, string | null>;
}

/** Batches sent under an Idempotency-Key; the counts are null until the batch is stored. */
export interface IntakeBatchTable {
  token: string; body_sha256: string; received: number | null; stored: number | null; dead_lettered: number | null; created_at: Time;
}

export interface KafkaLedgerTable {
  topic: string; partition: number; next_offset: number | null; pending_first: number | null; pending_last: number | null;
  announced_at: OptionalTime; epoch: number;
  /** The topic id of the log it speaks of; null = not known. `generation` counts logs from 0, `log_since` is null for the first. */
  log_id: string | null; generation: Generated<number>; log_since: OptionalTime;
  /** Why nothing is read; null while it is. */
  stopped_reason: string | null;
}

/** received = stored + dead_lettered, by source, since the beginning. */
export interface IntakeCountTable { source: string; received: number; stored: number; dead_lettered: number }

/** `version`: the last step of detection; what is remembered of keys is written down up to the step `written_up_to` at least. */
export interface DetectionCursorTable { name: string; ingested_at: Time; version: number; written_up_to: Generated<number> }
export interface DetectedBatchTable { batch_id: string; ingested_at: Time; step: Generated<number> }
/** What detection remembers of a key, up to a step; `state` is what an older version left. */
export interface KeyWatchTable {
  workspace_id: string; key_id: string; state: ColumnType<unknown, string | null | undefined, string | null>; memory: ColumnType<Uint8Array | null, Uint8Array, Uint8Array>;
  step: number; updated_at: Time;
  /** Epoch minute of the logs at which its silence is worth a look. */
  look_at: number | null;
}

/** What a key usually does. */
export interface KeyHabitsTable { workspace_id: string; key_id: string; state: Json<unknown>; updated_at: Time }
/** A gateway that reports as things happen; an empty node stands for all of a workspace. */
export interface LogSourceTable { workspace_id: string; node: string; first_seen: Time; last_seen: Time; longest_gap_s: Generated<number> }

export interface FindingTable {
  finding_id: string; rule_id: string; title: string; severity: Severity; workspace_id: string; key_id: string; principal: string;
  addresses: Json<string[]>; first_seen: Time; last_seen: Time; summary: string; evidence: Json<FindingEvidence>; episode: string;
  incident_id: string | null; detected_at: Time;
  /** New or changed since its incident was last told. */
  awaits_correlation: boolean;
  /** What the timeline of its incident last said of it, and how often it told of growth. */
  told_severity: ColumnType<Severity | null, Severity | null | undefined, Severity | null>; told_count: Generated<number>;
  told_growths: Generated<number>;
  /** Who called it no threat, when and why. */
  not_a_threat: ColumnType<{ by: string; at: string; reason: string } | null, string | null | undefined, string | null>;
}

/** An empty key: what counts for the whole workspace. */
export interface RuleTuningTable {
  workspace_id: string; key_id: string; rule_id: string; enabled: boolean | null; severity: Severity | null; settings: Json<Record<string, unknown>>;
  allow_networks: Json<string[]>; allow_user_agents: Json<string[]>; updated_at: Time; updated_by: string;
}
/** Findings of requests between two moments are held back; null = of every key, of every rule. */
export interface SuppressionTable {
  suppression_id: string; workspace_id: string; key_id: string | null; rule_id: string | null; starts_at: Time; ends_at: Time; reason: string;
  created_by: string; created_at: Time; ended_by: ColumnType<string | null, string | null | undefined, string | null>;
}
/** null = of every workspace. */
export interface CustomRuleTable { custom_rule_id: string; workspace_id: string | null; source: string; created_at: Time; created_by: string }
/** A null workspace: of every workspace. */
export interface BacktestTable {
  backtest_id: string; workspace_id: string | null; key_id: string | null; starts_at: Time; ends_at: Time; learn_days: number; what_if: Json<string[]>; rules: string | null;
  state: BacktestState; progress: Generated<number>; created_at: Time; created_by: string; started_at: OptionalTime; beat_at: OptionalTime; ended_at: OptionalTime;
  error: ColumnType<string | null, string | null | undefined, string | null>; result: ColumnType<BacktestResult | null, string | null | undefined, string | null>;
}
/** `finding` and `before` as they are shown. */
export interface BacktestFindingTable {
  backtest_id: string; position: number; change: BacktestChange | null; rule_id: string; finding: Json<Omit<BacktestFinding, 'change' | 'before'>>;
  before: ColumnType<BacktestFinding['before'], string | null, string | null>;
}
export interface TuningChangesTable { only_row: Generated<boolean>; version: number }

export interface IncidentTable {
  incident_id: string; workspace_id: string; title: string; severity: Severity; state: IncidentState; owner_id: string | null;
  owner_name: string | null; owner_contact: string | null; key_ids: Json<string[]>; addresses: Json<string[]>; rule_ids: Json<string[]>;
  findings: number; first_seen: Time; last_seen: Time; opened_at: Time; updated_at: Time;
  /** Null while findings may still join. */
  closed_at: OptionalTime;
  /** Those of `addresses` that were new to a key of the incident, or are what it is about. */
  new_addresses: Json<string[]>;
  /** The key that the title names; empty when it names none. */
  title_key_id: string;
  /** How callers in findings call themselves: user agents and runtimes. */
  agents: Json<string[]>;
  /** Of credentials that nobody knows and that findings are about. */
  fingerprints: Json<string[]>;
  acknowledged_at: OptionalTime; contained_at: OptionalTime;
  /** The incident that took its findings by hand. */
  merged_into: ColumnType<string | null, string | null | undefined, string | null>;
}

export interface IncidentTimelineTable {
  entry_id: Generated<number>; incident_id: string; at: Time; kind: TimelineEntry['kind']; actor: string; text: string; finding_id: string | null;
}

/** What was done about a key. */
export interface ContainmentTable {
  containment_id: string; action: ContainmentAction; state: ContainmentState; key_id: string; successor_id: string | null; workspace_id: string | null;
  incident_id: string | null; bulk_id: string | null; reason: string | null; hand_over: 'response' | 'sealed' | 'none';
  /** Of `sealed`: a JWE that the owner alone can read. */
  sealed: string | null;
  started_at: Time; started_by: string;
  /** As asked for; null where nothing overlaps. */
  overlap_seconds: number | null; overlap_ends_at: OptionalTime; on_overlap_end: OnOverlapEnd | null; complete_when_safe: boolean;
  extensions: Generated<number>; warned_at: OptionalTime; revoked_at: OptionalTime; ended_at: OptionalTime; ended_by: string | null;
}

/** How far a step is at the key platform; `attempted`: asked for, and not known to be done. */
type RemoteStepState = 'not_needed' | 'pending' | 'attempted' | 'done';
/** A successor as the key platform is asked for it. */
export interface RemoteSuccessorPlan {
  name: string; owner: string; workspace: string; environment: string; service: string; scopes: string[]; expires_at?: string; metadata: Record<string, string>;
}
/** What is known of the steps of a containment at the key platform. */
export interface RemoteContainmentTable {
  containment_id: string; goal: 'revoke' | 'replace' | 'overlap' | 'complete' | 'cancel';
  /** The successor as it is asked for, the same each time; null when there is none. */
  plan: ColumnType<RemoteSuccessorPlan | null, string | null, string | null>;
  revoke_state: RemoteStepState; revoke_at: OptionalTime; create_state: RemoteStepState; create_at: OptionalTime;
  withdraw_state: RemoteStepState; withdraw_at: OptionalTime;
  /** Until then the platform may still be making a successor that nobody has heard of. */
  settles_at: OptionalTime;
  secret: 'not_needed' | 'pending' | 'shown' | 'sealed' | 'lost';
  attempts: Generated<number>; next_attempt_at: OptionalTime;
  last_error: ColumnType<{ step: string; code: string; message: string; at: string } | null, string | null | undefined, string | null>;
  /** Who works on it, and until when nobody else may. */
  held_by: string | null; held_until: OptionalTime;
}

/** An order for many keys, each of which is done in a transaction of its own. */
export interface BulkContainmentTable {
  bulk_id: string; plan_token: string; action: ContainmentAction; orders: Json<BulkContainmentOrders>; started_at: Time; started_by: string; finished_at: OptionalTime;
  /** Workspaces that whoever ordered it could reach; null = all. */
  caller_scope: ColumnType<string[] | null, string | null, string | null>;
}
export interface BulkContainmentKeyTable {
  bulk_id: string; position: number; key_id: string; state: 'pending' | 'done' | 'refused'; containment_id: string | null; code: string | null;
  message: string | null; at: OptionalTime;
}

/** A report of leaked secrets: one call of GitHub, of another scanner or of a person. The secrets themselves are kept nowhere. */
export interface LeakTable {
  leak_id: string; source: string; reported_by: string; note: string | null;
  /** Tells whether the same report came before: a keyed digest of its body. */
  body_digest: string;
  reported_at: Time; last_reported_at: Time; times_reported: Generated<number>; finished_at: OptionalTime; tokens: number;
  false_positives: Json<Record<FalsePositiveReason, number>>;
}
/** A key of a report. `fingerprint`: how its secret shows. */
export interface LeakedKeyTable {
  leak_id: string; key_id: string; fingerprint: string; type: string; state: KeyState; severity: Severity; proven: boolean;
  incident_id: ColumnType<string | null, string | null | undefined, string | null>; containment_id: ColumnType<string | null, string | null | undefined, string | null>; at: Time;
}
export interface LeakPlaceTable { leak_id: string; key_id: string; digest: string; url: string; location: string }
/** A policy that a key does not keep, from the check that found it to the one that found it gone. */
export interface PolicyViolationTable {
  violation_id: string; policy: PolicyId; severity: PolicySeverity; key_id: string;
  /** Null for a key that the registry does not hold; it has no owner then. */
  kind: IssuedKind | null; workspace_id: string | null; owner_id: string | null; summary: string; since: Time; due_at: OptionalTime;
  opened_at: Time; ended_at: OptionalTime; end_reason: ColumnType<ViolationEnd | null, ViolationEnd | null | undefined, ViolationEnd | null>;
}
/** One row: when all keys were checked last. */
export interface PolicyCheckTable { claimed_at: OptionalTime; completed_at: OptionalTime }

/** What became of an incident, until it was passed on to all who are to be told, and a while longer. Written by a trigger. */
export interface IncidentChangeTable {
  change_id: Generated<number>; incident_id: string; workspace_id: string; kind: IncidentChangeKind; at: Time;
  /** Before the change; null when it was opened. */
  was: Json<{ state: IncidentState; severity: Severity; owner_id: string | null } | null>;
  /** The row of the incident after the change, its times as text. */
  snapshot: Json<Record<string, unknown>>; fanned_out_at: OptionalTime;
}
/** A way to tell people of incidents; of the account where there is no workspace. */
export interface AlertChannelTable {
  channel_id: string; workspace_id: string | null; name: string; kind: AlertChannelKind; config: Json<AlertChannelConfig>; enabled: boolean;
  switched_off_because: string | null; created_at: Time; created_by: string; updated_at: Time;
  /** Since when nothing got through; the incident about that. */
  failing_since: OptionalTime; last_failure: string | null; last_delivered_at: OptionalTime; failing_incident_id: string | null;
}
export interface AlertChannelSecretTable { channel_id: string; name: string; wrapped: string; wrapping_version: number; expires_at: OptionalTime }
/** null = whichever. */
export interface AlertRouteTable {
  route_id: string; channel_id: string; min_severity: Severity; workspaces: OptionalJson<string[]>; owner_ids: OptionalJson<string[]>; rule_ids: OptionalJson<string[]>;
  quiet_hours: OptionalJson<QuietHours>; group_s: number; renotify_s: number; remind_s: number | null; remind_times: number;
  group_by: OptionalJson<AlertGroupField[]>; group_interval_s: number; created_at: Time; created_by: string;
}
export interface SilenceTable {
  silence_id: string; workspace_id: string | null; incident_id: string | null; key_id: string | null; rule_id: string | null; owner_id: string | null;
  starts_at: Time; ends_at: Time; reason: string; created_by: string; created_at: Time; ended_by: ColumnType<string | null, string | null | undefined, string | null>;
  /** Since when it holds back what waits. */
  applied_at: OptionalTime;
}
/** What a channel has yet to hear of an incident. No `look_at`: nothing, unless something becomes of it. */
export interface AlertStandingTable { channel_id: string; incident_id: string; owed: Json<IncidentChange[]>; reminders: number; look_at: OptionalTime }
export interface AlertDeliveryTable {
  delivery_id: string; position: Generated<number>; channel_id: string; incident_id: string | null; workspace_id: string | null; type: AlertEventType;
  /** The change it was made for; null when there is none. `change_ids`: all that it tells of. */
  change_id: number | null; change_ids: Json<number[]>; event: Json<AlertEvent>; state: AlertDeliveryState; attempts: number; send_at: Time;
  /** Who sends it now, and until when nobody else may. */
  held_by: string | null; held_until: OptionalTime; attempted_at: OptionalTime;
  /** Of the last answer over HTTP; why the last attempt failed. */
  status: number | null; failure: string | null; created_at: Time; delivered_at: OptionalTime;
  /** The notification that lists it; the group for which it was sent; since when what a list says does not change. */
  carried_by: OptionalText; group_key: OptionalText; sealed_at: OptionalTime;
}

export interface Tables {
  accounts: AccountTable; workspaces: WorkspaceTable; owners: OwnerTable; owner_feeds: OwnerFeedTable; credentials: CredentialTable;
  bearer_digests: BearerDigestTable; wrapped_secrets: WrappedSecretTable; verification_keys: VerificationKeyTable;
  secret_versions: SecretVersionTable; access_tokens: AccessTokenTable; access_token_changes: AccessTokenChangesTable; sessions: SessionTable;
  key_events: KeyEventTable; key_feed: KeyFeedTable; live_changes: LiveChangeTable; live_feed: LiveFeedTable; key_event_topics: KeyEventTopicTable; request_nonces: RequestNonceTable;
  audit_entries: AuditEntryTable; audit_unsequenced: AuditUnsequencedTable; audit_leaves: AuditLeafTable; audit_tree_nodes: AuditTreeNodeTable;
  audit_checkpoints: AuditCheckpointTable; audit_signing_keys: AuditSigningKeyTable; idempotent_calls: IdempotentCallTable; dead_letters: DeadLetterTable; intake_batches: IntakeBatchTable;
  kafka_ledger: KafkaLedgerTable; intake_counts: IntakeCountTable;
  detection_cursors: DetectionCursorTable; detected_batches: DetectedBatchTable; key_watch: KeyWatchTable; key_habits: KeyHabitsTable; log_sources: LogSourceTable;
  findings: FindingTable; incidents: IncidentTable; incident_timeline: IncidentTimelineTable;
  remote_keys: RemoteKeyTable; key_platform_sync: KeyPlatformSyncTable; remote_containments: RemoteContainmentTable;
  containments: ContainmentTable; bulk_containments: BulkContainmentTable; bulk_containment_keys: BulkContainmentKeyTable;
  leaks: LeakTable; leaked_keys: LeakedKeyTable; leak_places: LeakPlaceTable;
  rule_tunings: RuleTuningTable; suppressions: SuppressionTable; tuning_changes: TuningChangesTable; custom_rules: CustomRuleTable;
  backtests: BacktestTable; backtest_findings: BacktestFindingTable;
  policy_violations: PolicyViolationTable; policy_checks: PolicyCheckTable;
  incident_changes: IncidentChangeTable; alert_channels: AlertChannelTable; alert_channel_secrets: AlertChannelSecretTable; alert_routes: AlertRouteTable;
  silences: SilenceTable; alert_deliveries: AlertDeliveryTable; alert_standings: AlertStandingTable;
}
