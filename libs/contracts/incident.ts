import { z } from 'zod';
import { identifier, page, pageQuery, remark, timestamp } from './text.js';

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
  at: timestamp, kind: z.enum(['opened', 'finding', 'severity', 'state', 'note', 'action']), actor: z.string(), text: z.string(),
  finding_id: z.string().nullable(),
}).meta({ id: 'TimelineEntry' });
export type TimelineEntry = z.infer<typeof TimelineEntry>;

export const IncidentSummary = z.object({
  incident_id: z.string(), workspace_id: z.string(), title: z.string(), severity: Severity, state: IncidentState,
  owner: z.object({ owner_id: z.string().nullable(), name: z.string(), contact: z.string().nullable() }).nullable()
    .describe('From the registry; for keys it does not hold, the principal the log names'),
  key_ids: z.array(z.string()), addresses: z.array(z.string()), rule_ids: z.array(z.string()), findings: z.number().int(),
  first_seen: timestamp, last_seen: timestamp, opened_at: timestamp, updated_at: timestamp,
}).meta({ id: 'IncidentSummary' });
export type IncidentSummary = z.infer<typeof IncidentSummary>;

export const SuggestedAction = z.object({
  title: z.string(), why: z.string(), call: z.string().nullable().describe('The request that carries it out'),
}).meta({ id: 'SuggestedAction' });
export type SuggestedAction = z.infer<typeof SuggestedAction>;

export const Incident = IncidentSummary.extend({
  timeline: z.array(TimelineEntry), evidence: z.array(Finding), suggested_actions: z.array(SuggestedAction),
}).meta({ id: 'Incident' });
export type Incident = z.infer<typeof Incident>;

export const IncidentQuery = z.strictObject({
  workspace: identifier(64).optional(), state: IncidentState.optional(), severity: Severity.optional(),
  key_id: identifier(256).optional(), ...pageQuery,
}).meta({ id: 'IncidentQuery' });
export type IncidentQuery = z.infer<typeof IncidentQuery>;
export const IncidentPage = page(IncidentSummary).meta({ id: 'IncidentPage' });

export const UpdateIncident = z.object({
  state: z.enum(['acknowledged', 'resolved', 'false_positive', 'open']).optional(),
  note: remark(4000).optional(),
}).strict().refine((patch) => patch.state !== undefined || patch.note !== undefined, { message: 'state or note is needed' })
  .meta({ id: 'UpdateIncident' });
export type UpdateIncident = z.infer<typeof UpdateIncident>;
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
