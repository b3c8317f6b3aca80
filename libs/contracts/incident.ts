import { z } from 'zod';
import { KeyState } from './credential.js';
import { CredentialKind, RequestLog } from './request-log.js';
import { identifier, page, pageQuery, remark, someOf, timestamp } from './text.js';
import { Environment } from './workspace.js';

export const Severity = z.enum(['low', 'medium', 'high', 'critical']).meta({ id: 'Severity' });
export type Severity = z.infer<typeof Severity>;

/** Ascending, for comparisons. */
export const severityRank: Record<Severity, number> = { low: 0, medium: 1, high: 2, critical: 3 };

/** What a person needs to check a finding. Counts and figures are those the rule decided on. */
export const FindingEvidence = z.object({
  request_ids: z.array(z.string()).describe('At most 50'),
  counts: z.record(z.string(), z.number()),
  expected: z.number().optional(), seen: z.number().optional(),
  window_minutes: z.number().int().optional(), score: z.number().optional(),
  addresses: z.array(z.string()).optional(), countries: z.array(z.string()).optional(),
  user_agents: z.array(z.string()).optional(), routes: z.array(z.string()).optional(),
  runtimes: z.array(z.string()).optional().describe('Services that called, where the gateway names them'),
  fingerprints: z.array(z.string()).optional().describe('Of credentials that were presented and that nobody knows'),
}).meta({ id: 'FindingEvidence' });
export type FindingEvidence = z.infer<typeof FindingEvidence>;

export const Finding = z.object({
  finding_id: z.string(), rule_id: z.string(), title: z.string(), severity: Severity, workspace_id: z.string(),
  key_id: z.string(), principal: z.string(), addresses: z.array(z.string()),
  first_seen: timestamp, last_seen: timestamp, summary: z.string(), evidence: FindingEvidence,
  incident_id: z.string().nullable(), detected_at: timestamp,
  not_a_threat: z.object({ by: z.string(), at: timestamp, reason: z.string() }).nullable().describe('Who called it no threat, when and why'),
}).meta({ id: 'Finding' });
export type Finding = z.infer<typeof Finding>;

export const FindingQuery = z.strictObject({
  workspace: identifier(64).optional(), key_id: identifier(256).optional(), rule_id: identifier(64).optional(), ...pageQuery,
}).meta({ id: 'FindingQuery' });
export type FindingQuery = z.infer<typeof FindingQuery>;
export const FindingPage = page(Finding).meta({ id: 'FindingPage' });

export const IncidentState = z.enum(['open', 'acknowledged', 'contained', 'resolved', 'false_positive']).meta({ id: 'IncidentState' });
export type IncidentState = z.infer<typeof IncidentState>;

export const TimelineEntry = z.object({
  at: timestamp, kind: z.enum(['opened', 'finding', 'severity', 'state', 'note', 'action', 'joined', 'key']).describe('`joined`: merged or split by hand; `key`: what became of a key of the incident'), actor: z.string(), text: z.string(),
  finding_id: z.string().nullable(),
}).meta({ id: 'TimelineEntry' });
export type TimelineEntry = z.infer<typeof TimelineEntry>;

export const IncidentSummary = z.object({
  incident_id: z.string(), workspace_id: z.string(), title: z.string(), severity: Severity, state: IncidentState,
  owner: z.object({ owner_id: z.string().nullable(), name: z.string(), contact: z.string().nullable() }).nullable()
    .describe('From the registry; for keys it does not hold, the principal the log names'),
  key_ids: z.array(z.string()), addresses: z.array(z.string()), rule_ids: z.array(z.string()), findings: z.number().int(),
  first_seen: timestamp, last_seen: timestamp, opened_at: timestamp, updated_at: timestamp,
  acknowledged_at: timestamp.nullable(), contained_at: timestamp.nullable(), closed_at: timestamp.nullable(),
  merged_into: z.string().nullable().describe('The incident that took its findings; this one is closed for good'),
}).meta({ id: 'IncidentSummary' });
export type IncidentSummary = z.infer<typeof IncidentSummary>;

export const SuggestedAction = z.object({
  title: z.string(), why: z.string(), call: z.string().nullable().describe('The request that carries it out'),
}).meta({ id: 'SuggestedAction' });
export type SuggestedAction = z.infer<typeof SuggestedAction>;

/** Seconds; null where it has not come to that. */
export const IncidentTimes = z.object({
  to_detect: z.number().describe('From the first request it is about to its opening'),
  to_acknowledge: z.number().nullable().describe('From its opening until a person took it up'),
  to_contain: z.number().nullable().describe('From its opening to the first revocation or replacement of a key of it'),
  to_resolve: z.number().nullable().describe('From its opening until it was resolved'),
}).meta({ id: 'IncidentTimes' });
export type IncidentTimes = z.infer<typeof IncidentTimes>;

export const NewCallersConduct = z.object({
  requests: z.number().int(), accepted: z.number().int(), refused: z.number().int(), failed: z.number().int(), bytes_out: z.number().int().describe('Of accepted requests, where the gateway says'),
  accepted_routes: z.array(z.string()).describe('The three called most'),
}).meta({ id: 'NewCallersConduct' });
export type NewCallersConduct = z.infer<typeof NewCallersConduct>;

export const AffectedKey = z.object({
  key_id: z.string(), name: z.string(), kind: CredentialKind, state: KeyState.nullable().describe('null = the registry does not hold it'),
  environment: Environment.nullable(), workspace_id: z.string().nullable().describe('null = the key belongs to the account'),
  owner: z.object({ owner_id: z.string(), name: z.string(), contact: z.string() }).nullable(),
  replaces: z.array(z.string()).describe('Keys it took the place of, latest first'), replaced_by: z.string().nullable(),
  findings: z.number().int(), blast_radius: z.string().nullable().describe('The request that shows what breaks when it is revoked'),
}).meta({ id: 'AffectedKey' });
export type AffectedKey = z.infer<typeof AffectedKey>;

export const SimilarIncident = z.object({
  incident_id: z.string(), title: z.string(), severity: Severity, state: IncidentState, opened_at: timestamp, closed_at: timestamp.nullable(),
  because: z.array(z.string()).describe('What both have in common, in plain words'),
  last_note: z.string().nullable().describe('What people wrote last about it'),
}).meta({ id: 'SimilarIncident' });
export type SimilarIncident = z.infer<typeof SimilarIncident>;

export const Incident = IncidentSummary.extend({
  key_count: z.number().int().describe('Keys that findings are about; `key_ids` and `affected_keys` have 200 at most'),
  escalation_path: z.array(z.object({ name: z.string(), contact: z.string(), role: z.enum(['owner', 'escalation']) }))
    .describe('Whom to call, in this order. An owner who left is not on it'),
  narrative: z.array(z.string()).describe('What happened, in sentences made from the evidence'),
  severity_because: z.string(),
  new_callers: NewCallersConduct.nullable().describe('What callers that are new to the keys did with them while the incident lasted; null where there are none'),
  times: IncidentTimes, affected_keys: z.array(AffectedKey),
  timeline: z.array(TimelineEntry), evidence: z.array(Finding), sample_requests: z.array(RequestLog).describe('Some of those that findings name, newest first'),
  similar: z.array(SimilarIncident).describe('Closed ones of the last 180 days, most alike first'),
  suggested_actions: z.array(SuggestedAction),
}).meta({ id: 'Incident' });
export type Incident = z.infer<typeof Incident>;

export const IncidentQuery = z.strictObject({
  workspace: identifier(64).optional(), state: someOf(IncidentState.options).optional().describe('Such as `open,acknowledged`'),
  severity: someOf(Severity.options).optional().describe('Such as `high,critical`'), key_id: identifier(256).optional(), ...pageQuery,
}).meta({ id: 'IncidentQuery' });
export type IncidentQuery = z.infer<typeof IncidentQuery>;
export const IncidentPage = page(IncidentSummary).meta({ id: 'IncidentPage' });

export const UpdateIncident = z.object({
  state: z.enum(['acknowledged', 'resolved', 'false_positive', 'open']).optional(),
  note: remark(4000).optional(),
}).strict().refine((patch) => patch.state !== undefined || patch.note !== undefined, { message: 'state or note is needed' })
  .meta({ id: 'UpdateIncident' });
export type UpdateIncident = z.infer<typeof UpdateIncident>;

export const MergeIncident = z.strictObject({
  into: identifier(64).describe('The incident that takes the findings; of the same workspace and not closed'), reason: remark(4000),
}).meta({ id: 'MergeIncident' });
export type MergeIncident = z.infer<typeof MergeIncident>;

export const SplitIncident = z.strictObject({
  finding_ids: z.array(identifier(64)).min(1).max(200).describe('Findings that become an incident of their own'), reason: remark(4000),
}).meta({ id: 'SplitIncident' });
export type SplitIncident = z.infer<typeof SplitIncident>;

export const IncidentTimesQuery = z.strictObject({
  workspace: identifier(64).optional(), from: timestamp.optional().describe('Incidents opened from then on; 90 days ago unless told'), to: timestamp.optional(),
}).refine(({ from, to }) => from === undefined || to === undefined || from < to, { message: 'from must be before to' }).meta({ id: 'IncidentTimesQuery' });
export type IncidentTimesQuery = z.infer<typeof IncidentTimesQuery>;

const TimeFigures = z.object({
  incidents: z.number().int().describe('How many came to that'), mean_s: z.number().nullable(), median_s: z.number().nullable(), p90_s: z.number().nullable(),
});
const TimesOfSpan = z.object({
  opened: z.number().int(), to_detect: TimeFigures, to_acknowledge: TimeFigures, to_contain: TimeFigures, to_resolve: TimeFigures,
});
export const IncidentTimesReport = z.object({
  from: timestamp, to: timestamp, all: TimesOfSpan, by_severity: z.record(Severity, TimesOfSpan),
  by_week: z.array(TimesOfSpan.extend({ week: timestamp.describe('The Monday it begins with, UTC') })),
}).meta({ id: 'IncidentTimesReport' });
export type IncidentTimesReport = z.infer<typeof IncidentTimesReport>;
export type FindingPage = z.infer<typeof FindingPage>;
export type IncidentPage = z.infer<typeof IncidentPage>;

export const RuleDescription = z.object({
  id: z.string().describe('kebab-case, stable: stored with findings'),
  title: z.string(),
  severity: Severity.describe('The usual one; a finding may have another'),
  fires: z.string().describe('When it fires'),
  why: z.string().describe('Why it matters, for the person who reads the finding'),
  response: z.string().describe('What to do first'),
  false_positives: z.string().describe('What sets it off though nothing is wrong'),
  attack: z.string().nullable().describe('The technique of MITRE ATT&CK that it sees, as `T1078.004 Valid Accounts: Cloud Accounts`; null where none fits'),
  fields: z.array(z.string()).describe('What request logs and the registry must say; without it the rule stays silent'),
  incident: z.enum(['opens', 'joins', 'apart'])
    .describe('`opens`: a finding opens an incident or joins one; `joins`: a low one only joins; `apart`: it stays outside of incidents'),
}).meta({ id: 'RuleDescription' });
export type RuleDescription = z.infer<typeof RuleDescription>;
export const RuleList = z.object({ data: z.array(RuleDescription) }).meta({ id: 'RuleList' });
export type RuleList = z.infer<typeof RuleList>;
