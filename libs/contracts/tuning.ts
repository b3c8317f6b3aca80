import { z } from 'zod';
import { Finding, Severity } from './incident.js';
import { identifier, page, pageQuery, remark, text, timestamp } from './text.js';

export const SettingValue = z.union([z.number(), z.boolean(), z.string().max(256), z.array(text(256)).max(200)]).meta({ id: 'SettingValue' });
const settings = z.record(z.string().max(64), SettingValue);

const networks = z.array(text(64)).max(500).describe('Addresses and networks such as 198.51.100.0/24. A finding all of whose addresses lie in them is held back');
const userAgents = z.array(text(256)).max(500)
  .describe('User agents; `*` at the end stands for anything. A finding all of whose user agents are among them is held back. Callers write these themselves');

/** What a workspace, or one of its keys, wants of a rule. It takes the place of what was set before; what is absent is as the rule ships, or as the workspace has it. */
export const SetRule = z.strictObject({
  enabled: z.boolean().optional(), severity: Severity.optional().describe('Of every finding of the rule'),
  settings: settings.optional().describe('By name, as `defaults` lists them'),
  allow_networks: networks.optional(), allow_user_agents: userAgents.optional(), reason: remark(1000).optional().describe('Why; kept in the audit trail, without secrets'),
}).meta({ id: 'SetRule' });
export type SetRule = z.infer<typeof SetRule>;

export const RuleOf = z.object({
  rule_id: z.string(), title: z.string(), workspace_id: z.string(), key_id: z.string().nullable().describe('null: what counts for every key of the workspace'),
  enabled: z.boolean(), severity: Severity.nullable().describe('null: as the rule grades each finding'), settings: settings.describe('That count'),
  defaults: settings.describe('As the rule ships'), allow_networks: networks, allow_user_agents: userAgents,
}).meta({ id: 'RuleOf' });
export type RuleOf = z.infer<typeof RuleOf>;
export const RuleOfList = z.object({ data: z.array(RuleOf) }).meta({ id: 'RuleOfList' });
export type RuleOfList = z.infer<typeof RuleOfList>;

export const RuleOfQuery = z.strictObject({ key_id: identifier(256).optional().describe('Of this key; absent = of the workspace') }).meta({ id: 'RuleOfQuery' });
export type RuleOfQuery = z.infer<typeof RuleOfQuery>;

export const CreateSuppression = z.strictObject({
  workspace: identifier(64), key_id: identifier(256).optional().describe('Absent = of every key'), rule_id: identifier(64).optional().describe('Absent = of every rule'),
  from: timestamp.optional().describe('Absent = 24 hours ago, so that what is going on is held back too'),
  to: timestamp.describe('It ends by itself; at most 90 days after `from`'), reason: remark(1000),
}).meta({ id: 'CreateSuppression' });
export type CreateSuppression = z.infer<typeof CreateSuppression>;

export const Suppression = z.object({
  suppression_id: z.string(), workspace_id: z.string(), key_id: z.string().nullable(), rule_id: z.string().nullable(), from: timestamp, to: timestamp,
  reason: z.string(), created_by: z.string(), created_at: timestamp, ended_by: z.string().nullable(),
}).describe('Findings are held back while all their requests lie between `from` and `to`, by the clock of the requests').meta({ id: 'Suppression' });
export type Suppression = z.infer<typeof Suppression>;
export const SuppressionPage = page(Suppression).meta({ id: 'SuppressionPage' });
export type SuppressionPage = z.infer<typeof SuppressionPage>;

export const SuppressionQuery = z.strictObject({
  workspace: identifier(64).optional(), state: z.enum(['running', 'ended']).optional().describe('Absent: both'), ...pageQuery,
}).meta({ id: 'SuppressionQuery' });
export type SuppressionQuery = z.infer<typeof SuppressionQuery>;

export const EndSuppression = z.strictObject({ reason: remark(1000).optional() }).meta({ id: 'EndSuppression' });
export type EndSuppression = z.infer<typeof EndSuppression>;

export const NotAThreat = z.strictObject({
  reason: remark(1000), teach: z.boolean().describe('Allow the networks of the finding for its rule and key from now on; where it names no address, its user agents'),
}).meta({ id: 'NotAThreat' });
export type NotAThreat = z.infer<typeof NotAThreat>;

export const JudgedFinding = z.object({
  finding: Finding, taught: z.object({ allow_networks: z.array(z.string()), allow_user_agents: z.array(z.string()) }).describe('What is allowed now and was not before'),
}).meta({ id: 'JudgedFinding' });
export type JudgedFinding = z.infer<typeof JudgedFinding>;
