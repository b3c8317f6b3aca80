import { z } from 'zod';
import { FindingEvidence, Severity } from './incident.js';
import { identifier, page, pageQuery, remark, text, timestamp } from './text.js';

export const BacktestState = z.enum(['queued', 'running', 'completed', 'failed', 'cancelled', 'interrupted']).meta({ id: 'BacktestState' });
export type BacktestState = z.infer<typeof BacktestState>;

/** Stored request logs of a period, judged again. */
export const CreateBacktest = z.strictObject({
  workspace: identifier(64).optional().describe('Absent = every workspace'),
  key_id: identifier(256).optional().describe('Of this key alone; takes `workspace`. Rules about callers of many keys are not asked then'),
  from: timestamp, to: timestamp.describe('By the clock of the requests; at most 92 days after `from`'),
  learn_days: z.number().int().min(0).max(56).default(14).describe('Days before `from` that baselines learn from; what is found in them is left out'),
  what_if: z.array(text(512)).max(50).optional().describe('`rule.setting=value`: what they change is told as well'),
  rules: text(65_536).optional().describe('Sigma rules as YAML that are tried out; one takes the place of a stored one with the same id'),
  reason: remark(1000).optional(),
}).meta({ id: 'CreateBacktest' });
export type CreateBacktest = z.infer<typeof CreateBacktest>;

export const BacktestChange = z.enum(['added', 'removed', 'changed']).meta({ id: 'BacktestChange' });
export type BacktestChange = z.infer<typeof BacktestChange>;

export const BacktestResult = z.object({
  findings: z.number().int().describe('Of the period; with `what_if` those that the settings asked about make'),
  by_rule: z.array(z.object({ rule_id: z.string(), severity: Severity, findings: z.number().int() })),
  changes: z.object({ added: z.number().int(), removed: z.number().int(), changed: z.number().int(), same: z.number().int() }).nullable().describe('Against the rules as they are; null without `what_if`'),
  requests: z.number().int().describe('Judged, with those that were only learnt from'),
  forgotten_keys: z.number().int().describe('Keys whose past was given up for others, since there were so many; they began anew'),
  is_complete: z.boolean().describe('false: there were more findings than are kept'),
}).meta({ id: 'BacktestResult' });
export type BacktestResult = z.infer<typeof BacktestResult>;

export const Backtest = z.object({
  backtest_id: z.string(), workspace_id: z.string().nullable(), key_id: z.string().nullable(), from: timestamp, to: timestamp, learn_days: z.number().int(),
  what_if: z.array(z.string()), rules: z.string().nullable(), state: BacktestState,
  progress: z.number().min(0).max(1), created_at: timestamp, created_by: z.string(), started_at: timestamp.nullable(), ended_at: timestamp.nullable(),
  error: z.string().nullable().describe('Why it failed'), result: BacktestResult.nullable().describe('null until it is completed'),
}).meta({ id: 'Backtest' });
export type Backtest = z.infer<typeof Backtest>;
export const BacktestPage = page(Backtest).meta({ id: 'BacktestPage' });
export type BacktestPage = z.infer<typeof BacktestPage>;
export const BacktestQuery = z.strictObject({ workspace: identifier(64).optional(), state: BacktestState.optional(), ...pageQuery }).meta({ id: 'BacktestQuery' });
export type BacktestQuery = z.infer<typeof BacktestQuery>;

const found = {
  rule_id: z.string(), title: z.string(), severity: Severity, workspace_id: z.string(), key_id: z.string(), principal: z.string(), addresses: z.array(z.string()),
  first_seen: timestamp, last_seen: timestamp, summary: z.string(), evidence: FindingEvidence,
};
export const BacktestFinding = z.object({
  ...found, change: BacktestChange.nullable().describe('null: as the rules find it today, or nothing else was asked'),
  before: z.object({ severity: Severity, summary: z.string(), first_seen: timestamp, last_seen: timestamp }).nullable().describe('What a changed one is today'),
}).meta({ id: 'BacktestFinding' });
export type BacktestFinding = z.infer<typeof BacktestFinding>;
export const BacktestFindings = page(BacktestFinding).meta({ id: 'BacktestFindings' });
export type BacktestFindings = z.infer<typeof BacktestFindings>;
export const BacktestFindingsQuery = z.strictObject({
  change: BacktestChange.optional(), rule_id: identifier(64).optional(), ...pageQuery,
}).meta({ id: 'BacktestFindingsQuery' });
export type BacktestFindingsQuery = z.infer<typeof BacktestFindingsQuery>;

export const CancelBacktest = z.strictObject({ reason: remark(1000).optional() }).meta({ id: 'CancelBacktest' });
export type CancelBacktest = z.infer<typeof CancelBacktest>;
