import { z } from 'zod';
import { issuedKinds } from './credential.js';
import { SuggestedAction } from './incident.js';
import { OwnerStatus } from './owner.js';
import { identifier, page, pageQuery, timestamp } from './text.js';

export const PolicyId = z.enum(['rotation-due', 'owner-left', 'no-owner', 'unused-key', 'expiring-soon', 'key-name']).meta({ id: 'PolicyId' });
export type PolicyId = z.infer<typeof PolicyId>;

export const PolicySeverity = z.enum(['warn', 'breach']).meta({ id: 'PolicySeverity' })
  .describe('`warn`: something is to be done. `breach`: it should have been done');
export type PolicySeverity = z.infer<typeof PolicySeverity>;

export const ViolationState = z.enum(['open', 'ended']).meta({ id: 'ViolationState' });
export type ViolationState = z.infer<typeof ViolationState>;

/** `put_right`: the policy is kept again. `key_ended`: the key was revoked or has expired. */
export const ViolationEnd = z.enum(['put_right', 'key_ended']).meta({ id: 'ViolationEnd' });
export type ViolationEnd = z.infer<typeof ViolationEnd>;

export const PolicyViolation = z.object({
  violation_id: z.string(), policy: PolicyId, severity: PolicySeverity, state: ViolationState, key_id: z.string(),
  kind: z.enum(issuedKinds).nullable().describe('null: a key that request logs name and the registry does not hold'),
  name: z.string().describe('Of the key; its id where it is not registered'),
  workspace_id: z.string().nullable().describe('null: a key of the account'),
  owner: z.object({ owner_id: z.string(), name: z.string(), contact: z.string(), status: OwnerStatus }).nullable().describe('As of the latest check; null: not registered'),
  summary: z.string(), since: timestamp.describe('When what violates the policy began'),
  due_at: timestamp.nullable().describe('The date it is about; null where there is none'),
  opened_at: timestamp.describe('When a check found it'), ended_at: timestamp.nullable(), end_reason: ViolationEnd.nullable(),
  suggested_actions: z.array(SuggestedAction).describe('Best first; empty once it has ended'),
}).meta({ id: 'PolicyViolation' });
export type PolicyViolation = z.infer<typeof PolicyViolation>;
export const PolicyViolationPage = page(PolicyViolation).meta({ id: 'PolicyViolationPage' });
export type PolicyViolationPage = z.infer<typeof PolicyViolationPage>;

export const PolicyViolationQuery = z.strictObject({
  policy: PolicyId.optional(), severity: PolicySeverity.optional(), kind: z.enum(issuedKinds).optional(), owner_id: identifier(64).optional(),
  key_id: identifier(256).optional(), workspace: identifier(64).optional(), state: ViolationState.optional().describe('Absent: open and ended'), ...pageQuery,
}).meta({ id: 'PolicyViolationQuery' });
export type PolicyViolationQuery = z.infer<typeof PolicyViolationQuery>;

export const PolicySummaryQuery = z.strictObject({ workspace: identifier(64).optional() }).meta({ id: 'PolicySummaryQuery' });
export type PolicySummaryQuery = z.infer<typeof PolicySummaryQuery>;

const count = z.number().int();
export const PolicySummary = z.object({
  checked_at: timestamp.nullable().describe('When the latest complete check of all keys began; null: there was none'),
  open: z.object({ warn: count, breach: count }),
  policies: z.array(z.object({
    policy: PolicyId, title: z.string(), why: z.string(), warn: count.describe('Open ones'), breach: count.describe('Open ones'),
  })).describe('Every policy, also those that all keys keep'),
}).meta({ id: 'PolicySummary' });
export type PolicySummary = z.infer<typeof PolicySummary>;
