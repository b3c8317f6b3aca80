import { z } from 'zod';
import {
  ApiKey, IssuedApiKey, IssuedServiceToken, IssuedSigningKey, IssuedWorkspaceKey, KeyState, PublicKey, ServiceToken, SigningKey, WorkspaceKey, issuedKinds,
} from './credential.js';
import { identifier, page, pageQuery, remark, timestamp } from './text.js';

const DAY_S = 86_400;

export const ContainmentAction = z.enum(['revoke', 'revoke_and_replace', 'rotate']).meta({ id: 'ContainmentAction' });
export type ContainmentAction = z.infer<typeof ContainmentAction>;

/**
 * `overlap`: both keys live. `contained`: the old key is revoked. `cancelled`: the old key stays, the new one is revoked. Of keys of the key
 * platform, where each step is a call of its own: `in_progress`: steps are under way. `stuck`: one failed, or waits for somebody.
 */
export const ContainmentState = z.enum(['overlap', 'contained', 'cancelled', 'in_progress', 'stuck']).meta({ id: 'ContainmentState' });
export type ContainmentState = z.infer<typeof ContainmentState>;

export const HandOver = z.enum(['response', 'sealed']).meta({ id: 'HandOver' })
  .describe('`response`: the answer shows the new secret once. `sealed`: it holds a JWE that only the owner of the key can read');
export type HandOver = z.infer<typeof HandOver>;

export const OnOverlapEnd = z.enum(['revoke', 'keep-and-warn', 'extend']).meta({ id: 'OnOverlapEnd' })
  .describe('What the end does to callers that have not moved. `revoke`: they are cut off. `keep-and-warn`: the old key lives on until somebody decides. '
    + '`extend`: by the same length, three times at most, then as keep-and-warn');
export type OnOverlapEnd = z.infer<typeof OnOverlapEnd>;

const reason = remark(1000).describe('Why; kept in the audit trail, without secrets');
const incident_id = identifier(64).optional().describe('The incident this answers');
const grace = z.number().int().min(0).max(7 * DAY_S).default(0).describe('Seconds that the old key lives on. 0 = it dies at once. It ends with a revocation, come what may');
const overlap = z.number().int().min(60).max(90 * DAY_S).optional().describe('Seconds that both keys live. Absent: the old key dies at once');
const overlapEnd = {
  on_overlap_end: OnOverlapEnd.default('keep-and-warn'),
  complete_when_safe: z.boolean().default(false).describe('Revoke the old key by itself as soon as every caller has moved'),
};

export const RevokeAndReplace = z.strictObject({
  reason, incident_id, grace, hand_over: HandOver.default('response'),
}).meta({ id: 'RevokeAndReplace' });
export type RevokeAndReplace = z.infer<typeof RevokeAndReplace>;

export const RotateKey = z.strictObject({
  reason: reason.optional(), overlap, ...overlapEnd, hand_over: HandOver.default('response'),
}).meta({ id: 'RotateKey' });
export type RotateKey = z.infer<typeof RotateKey>;

const replacement = <K extends z.ZodObject, O extends z.ZodRawShape>(key: K, once: O) => z.object({
  containment_id: z.string(), revoked: key.nullable().describe('The old key. null while both keys live'), replacement: key, ...once,
  sealed: z.string().nullable().describe('JWE for the owner, where it was asked for'), overlap_ends_at: timestamp.nullable(),
  incident_id: z.string().nullable(), replayed: z.boolean(),
});
export const Replacement = replacement(ApiKey, { secret: IssuedApiKey.shape.secret }).meta({ id: 'Replacement' });
export type Replacement = z.infer<typeof Replacement>;
export const ServiceTokenReplacement = replacement(ServiceToken, { secret: IssuedServiceToken.shape.secret }).meta({ id: 'ServiceTokenReplacement' });
export const WorkspaceKeyReplacement = replacement(WorkspaceKey, { secret: IssuedWorkspaceKey.shape.secret }).meta({ id: 'WorkspaceKeyReplacement' });
export const PublicKeyReplacement = replacement(PublicKey, {}).meta({ id: 'PublicKeyReplacement' });
export const SigningKeyReplacement = replacement(SigningKey, {
  private_key_pem: IssuedSigningKey.shape.private_key_pem, private_key_pem_base64: IssuedSigningKey.shape.private_key_pem_base64,
}).meta({ id: 'SigningKeyReplacement' });

const network = z.string().describe('IPv4 by /24, IPv6 by /48; a host name as it is');
const count = z.number().int();
export const Runtime = z.object({
  name: z.string(), version: z.string(), kind: z.enum(['browser', 'program', 'unknown']), platform: z.string().describe('Language or operating system, where the user agent names it'),
}).meta({ id: 'Runtime' });
export type Runtime = z.infer<typeof Runtime>;

export const BlastRadius = z.object({
  key_id: z.string(), state: KeyState, last_seen: timestamp.nullable(),
  volume: z.object({ last_24h: count, last_7d: count, last_30d: count }).describe('Requests'),
  callers: z.array(z.object({
    network, user_agent: z.string(), runtime: Runtime, countries: z.array(z.string()), addresses: count.describe('Distinct'),
    requests: count.describe('Since first_seen'), denied: count, first_seen: timestamp, last_seen: timestamp,
  })).describe('Seen within 30 days, busiest first; at most 200'),
  callers_total: count,
  routes: z.array(z.object({ method: z.string(), route: z.string(), requests: count, last_seen: timestamp })).describe('Busiest first, at most 50'),
  tenants: z.array(z.object({ tenant: z.string(), requests: count, last_seen: timestamp })).describe('Busiest first, at most 50'),
  sample: z.object({ requests: count, from: timestamp.nullable(), complete: z.boolean().describe('false: there are earlier requests within 30 days') })
    .describe('Routes and tenants are those of the latest requests, 100,000 at most'),
  shared_with: z.array(z.object({
    key_id: z.string(), kind: z.enum(issuedKinds), name: z.string(), shared_callers: count, last_seen: timestamp,
  })).describe('Other keys of the owner that the same callers use: whoever holds one may hold the other'),
  owner: z.object({ owner_id: z.string(), name: z.string(), status: z.enum(['active', 'left']), can_receive_sealed: z.boolean() }),
  undo: z.object({ possible: z.literal(false), explanation: z.string() }),
}).meta({ id: 'BlastRadius' });
export type BlastRadius = z.infer<typeof BlastRadius>;

const caller = { network, user_agent: z.string(), runtime: Runtime };

export const OverlapCaller = z.object({
  ...caller, state: z.enum(['moved', 'on_both', 'not_moved', 'refused_on_new', 'silent', 'gone']),
  old: z.object({ requests: count, last_seen: timestamp.nullable() }), new: z.object({ requests: count, refused: count, last_seen: timestamp.nullable() }),
}).meta({ id: 'OverlapCaller' });
export type OverlapCaller = z.infer<typeof OverlapCaller>;

export const UnsafeReason = z.object({
  code: z.enum(['caller_not_moved', 'caller_on_both', 'caller_refused_on_new', 'caller_silent', 'successor_not_active', 'too_many_callers', 'evidence_unavailable']),
  message: z.string(), callers: count,
}).meta({ id: 'UnsafeReason' });
export type UnsafeReason = z.infer<typeof UnsafeReason>;

export const OverlapState = z.object({
  ends_at: timestamp, on_overlap_end: OnOverlapEnd, complete_when_safe: z.boolean(), extensions: count, warned_at: timestamp.nullable(),
  callers: z.array(OverlapCaller), safe_to_revoke: z.boolean(), reasons: z.array(UnsafeReason).describe('Why it is not safe; empty when it is'),
}).meta({ id: 'OverlapState' });
export type OverlapState = z.infer<typeof OverlapState>;

export const Proof = z.object({
  verdict: z.enum(['proven', 'failed', 'unclear', 'awaiting']).describe(
    '`failed`: a request was accepted after the revocation. `unclear`: one ended in an error that does not tell whether the key was accepted. '
    + '`awaiting`: a gateway node that served the key has not been seen to refuse it. `proven`: each has'),
  revoked_at: timestamp, accepted_after: count, first_refusal_at: timestamp.nullable(), ms_to_first_refusal: z.number().nullable(),
  nodes: z.array(z.object({
    gateway_node: z.string().describe('Empty: the gateway does not say'), verdict: z.enum(['proven', 'failed', 'unclear', 'awaiting']),
    last_accepted_at: timestamp.nullable().describe('The last of all, before the revocation or after'),
    accepted_after: count, last_accepted_after_ms: z.number().nullable().describe('How long after the revocation the last accepted request came'),
    errors_after: count, refused_after: count, first_refusal_at: timestamp.nullable(), ms_to_first_refusal: z.number().nullable(),
  })).describe('Nodes that saw the old key within 7 days before, or after'),
}).meta({ id: 'Proof' });
export type Proof = z.infer<typeof Proof>;

export const RecoveryCaller = z.object({
  ...caller, state: z.enum(['healthy', 'failing', 'silent']), since: timestamp.nullable(),
  known: z.boolean().describe('It used the old key before; false: it came after the revocation only'),
  on: z.enum(['old', 'new']).nullable().describe('Which key it fails on'),
  old_refused: count, new_accepted: count, new_refused: count, last_seen: timestamp.nullable(),
}).meta({ id: 'RecoveryCaller' });
export type RecoveryCaller = z.infer<typeof RecoveryCaller>;

export const Recovery = z.object({
  recovered: z.boolean().describe('Every known caller is healthy'), healthy: count, failing: count, silent: count,
  callers: z.array(RecoveryCaller), complete: z.boolean().describe('false: there are more callers than are shown'),
}).meta({ id: 'Recovery' });
export type Recovery = z.infer<typeof Recovery>;

export const ContainmentStep = z.object({
  step: z.enum(['successor_issued', 'secret_handed_over', 'old_key_revoked', 'successor_revoked']), state: z.enum(['done', 'pending', 'not_needed', 'unknown', 'lost'])
    .describe('`unknown`: it was asked for, and whether the key platform did it is not known. `lost`: it was done, and what came of it never arrived'),
  at: timestamp.nullable(), note: z.string(),
}).meta({ id: 'ContainmentStep' });
export type ContainmentStep = z.infer<typeof ContainmentStep>;

const summary = {
  containment_id: z.string(), action: ContainmentAction, state: ContainmentState, key_id: z.string(), kind: z.enum(issuedKinds), name: z.string(),
  workspace_id: z.string().nullable(), owner: z.object({ owner_id: z.string(), name: z.string(), contact: z.string() }),
  successor_id: z.string().nullable(), reason: z.string().nullable(), incident_id: z.string().nullable(), bulk_id: z.string().nullable(),
  hand_over: z.enum(['response', 'sealed', 'none']), started_at: timestamp, started_by: z.string(), overlap_ends_at: timestamp.nullable(),
  revoked_at: timestamp.nullable(), ended_at: timestamp.nullable(), ended_by: z.string().nullable(),
};
export const ContainmentSummary = z.object(summary).meta({ id: 'ContainmentSummary' });
export type ContainmentSummary = z.infer<typeof ContainmentSummary>;
export const ContainmentPage = page(ContainmentSummary).meta({ id: 'ContainmentPage' });
export type ContainmentPage = z.infer<typeof ContainmentPage>;

export const ContainmentQuery = z.strictObject({
  workspace: identifier(64).optional(), key_id: identifier(64).optional().describe('The old key or the new one'), incident_id: identifier(64).optional(),
  state: ContainmentState.optional(), ...pageQuery,
}).meta({ id: 'ContainmentQuery' });
export type ContainmentQuery = z.infer<typeof ContainmentQuery>;

export const Containment = z.object({
  ...summary, steps: z.array(ContainmentStep), next: z.string().nullable().describe('What is left to do, and by which call'),
  sealed: z.string().nullable().describe('JWE for the owner'),
  remote: z.object({
    attempts: count.describe('Since something last succeeded'), next_attempt_at: timestamp.nullable().describe('When it is tried again by itself; null = it is not'),
    last_error: z.object({ step: z.string(), code: z.string(), message: z.string(), at: timestamp }).nullable(),
  }).nullable().describe('Of a key of the key platform'),
  evidence: z.enum(['available', 'unavailable']).describe('Whether the request logs could be asked'),
  overlap: OverlapState.nullable().describe('While both keys live'), proof: Proof.nullable().describe('Once the old key is revoked'),
  recovery: Recovery.nullable().describe('Once the old key is revoked'),
}).meta({ id: 'Containment' });
export type Containment = z.infer<typeof Containment>;

export const ResumeContainment = z.strictObject({ reason: reason.optional() }).meta({ id: 'ResumeContainment' });
export type ResumeContainment = z.infer<typeof ResumeContainment>;
export const ResumedContainment = Containment.extend({
  shown: z.record(z.string(), z.string()).nullable().describe('The new secret, when this call made it and it is not sealed; in this answer and in no other'),
}).meta({ id: 'ResumedContainment' });
export type ResumedContainment = z.infer<typeof ResumedContainment>;

export const CompleteContainment = z.strictObject({
  reason: reason.optional(), force: z.boolean().default(false).describe('Revoke the old key though callers have not moved'),
}).meta({ id: 'CompleteContainment' });
export type CompleteContainment = z.infer<typeof CompleteContainment>;
export const CancelContainment = z.strictObject({ reason: reason.optional() }).meta({ id: 'CancelContainment' });
export type CancelContainment = z.infer<typeof CancelContainment>;

// Many keys at once.
export const BulkTarget = z.union([
  z.strictObject({ owner_id: identifier(64) }), z.strictObject({ workspace: identifier(64) }),
  z.strictObject({ leak_id: identifier(64) }),
  z.strictObject({ keys: z.array(identifier(256)).min(1).max(1000).describe('Ids or fingerprints') }),
]).meta({ id: 'BulkTarget' }).describe('All active keys of an owner, of a workspace or of a leak report, or those named');
export type BulkTarget = z.infer<typeof BulkTarget>;

export const BulkContain = z.strictObject({
  action: ContainmentAction, target: BulkTarget, reason, incident_id,
  hand_over: HandOver.default('response'), grace, overlap, ...overlapEnd,
  plan_token: z.string().regex(/^plan_[0-9a-f]{64}$/).optional().describe('Of the dry run. Absent: this is the dry run, and nothing changes'),
}).meta({ id: 'BulkContain' });
export type BulkContain = z.infer<typeof BulkContain>;
/** What a bulk order says of each of its keys. */
/** `leak_id`: of the report whose keys are meant; each key's own incident is told then, unless the order names one. */
export type BulkContainmentOrders = Omit<BulkContain, 'plan_token' | 'target' | 'action'> & { leak_id?: string };

export const BulkPlan = z.object({
  dry_run: z.literal(true), plan_token: z.string(), action: ContainmentAction,
  keys: z.array(z.object({
    key_id: z.string(), kind: z.enum(issuedKinds), name: z.string(), workspace_id: z.string().nullable(), owner_id: z.string(),
    requests_7d: count.nullable().describe('null: the request logs cannot be asked'), last_seen: timestamp.nullable(),
    refused: z.string().nullable().describe('Why it will be refused; null when nothing stands against it'),
  })),
  not_found: z.array(z.string()).describe('Named, but no key that the caller can see'), already_revoked: z.array(z.string()),
  undo: z.object({ possible: z.literal(false), explanation: z.string() }),
}).meta({ id: 'BulkPlan' });
export type BulkPlan = z.infer<typeof BulkPlan>;

export const BulkContainment = z.object({
  dry_run: z.literal(false), bulk_id: z.string(), action: ContainmentAction, started_at: timestamp, started_by: z.string(), finished_at: timestamp.nullable(),
  done: count, refused: count, pending: count.describe('Not done yet: resume it'),
  keys: z.array(z.object({
    key_id: z.string(), state: z.enum(['pending', 'done', 'refused']), containment_id: z.string().nullable(), successor_id: z.string().nullable(),
    code: z.string().nullable(), message: z.string().nullable(),
    shown: z.record(z.string(), z.string()).nullable().describe('The new secret, in the answer of the call that made it and in no other'),
    sealed: z.string().nullable(),
  })),
}).meta({ id: 'BulkContainment' });
export type BulkContainment = z.infer<typeof BulkContainment>;
export const ResumeBulkContainment = z.strictObject({
  limit: z.number().int().min(1).max(1000).default(1000).describe('Keys that this call does at most'),
}).meta({ id: 'ResumeBulkContainment' });
export type ResumeBulkContainment = z.infer<typeof ResumeBulkContainment>;
export const BulkAnswer = z.union([BulkPlan, BulkContainment]).meta({ id: 'BulkAnswer' });
export type BulkAnswer = z.infer<typeof BulkAnswer>;
