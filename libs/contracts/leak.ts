import { z } from 'zod';
import { KeyState, issuedKinds } from './credential.js';
import { Severity } from './incident.js';
import { identifier, page, pageQuery, text, timestamp } from './text.js';

/** Longest secret that is looked at: far above any that Keytrail issues. */
export const LONGEST_LEAKED_SECRET = 16_384;

export const LeakLabel = z.enum(['true_positive', 'false_positive']).meta({ id: 'LeakLabel' })
  .describe('`true_positive`: the secret of a key of this account, alive or not');
export type LeakLabel = z.infer<typeof LeakLabel>;

export const FalsePositiveReason = z.enum(['unknown', 'mistyped', 'malformed', 'not_a_secret']).meta({ id: 'FalsePositiveReason' }).describe(
  '`unknown`: well-formed, and no key of this account. `mistyped`: its checksum is wrong. `malformed`: nothing that Keytrail issues looks like it. '
  + '`not_a_secret`: a public id, which proves nothing');
export type FalsePositiveReason = z.infer<typeof FalsePositiveReason>;

// GitHub's secret-scanning partner protocol.
export const GithubLeakReport = z.array(z.object({
  token: z.string().min(1).describe('What was found'), type: z.string().default('').describe('The name it was registered under at GitHub'),
  url: z.string().nullish().describe('Where it was found; may be empty'), source: z.string().nullish().describe('What it was found in, such as `commit`'),
})).meta({ id: 'GithubLeakReport' });
export type GithubLeakReport = z.infer<typeof GithubLeakReport>;
export const GithubLeakAnswer = z.array(z.object({
  token_hash: z.string().describe('SHA-256 of the token, hex'), token_type: z.string(), label: LeakLabel,
})).meta({ id: 'GithubLeakAnswer' });
export type GithubLeakAnswer = z.infer<typeof GithubLeakAnswer>;

// For people and other scanners.
const place = {
  url: text(2000).optional().describe('Where it was found'), location: text(120).optional().describe('What it was found in: `commit`, `paste`, `ticket`'),
};
export const ReportLeak = z.strictObject({
  source: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'must be lower-case letters, digits, dots, hyphens and underscores')
    .refine((source) => source !== 'github', { message: 'GitHub reports for itself, and signs' }).default('report').describe('Who found it, such as the name of a scanner'),
  note: text(4000).optional(),
  ...place,
  items: z.array(z.union([
    z.strictObject({ token: z.string().min(1).max(LONGEST_LEAKED_SECRET).describe('The secret as it was found. It is kept nowhere'), ...place }),
    z.strictObject({ key_id: identifier(64).describe('The id of the key, where the secret itself is not at hand. Proves nothing, so the key is not revoked by itself'), ...place }),
  ])).min(1).max(1000),
}).meta({ id: 'ReportLeak' });
export type ReportLeak = z.infer<typeof ReportLeak>;

const count = z.number().int();
const falsePositives = z.object({ unknown: count, mistyped: count, malformed: count, not_a_secret: count });

export const LeakReceipt = z.object({
  leak_id: z.string(), repeated: z.boolean().describe('The same report came before; nothing was recorded twice'),
  results: z.array(z.object({
    label: LeakLabel, reason: FalsePositiveReason.nullable(), fingerprint: z.string().nullable().describe('Of what was presented'),
    key_id: z.string().nullable().describe('null also for a key outside the workspaces of the caller: it is recorded all the same'),
    incident_id: z.string().nullable(), revoked: z.boolean().describe('The key is revoked now, by this report or before'),
  })).describe('One for each item, in order'),
}).meta({ id: 'LeakReceipt' });
export type LeakReceipt = z.infer<typeof LeakReceipt>;

const summary = {
  leak_id: z.string(), source: z.string().describe('`github`, or as the reporter said'), reported_by: z.string(), note: z.string().nullable(),
  reported_at: timestamp, last_reported_at: timestamp, times_reported: count.describe('How often exactly this report came'),
  finished_at: timestamp.nullable().describe('null: it broke off. The same report again does the rest'),
  true_positives: count.describe('Keys that the caller can see'),
  tokens: count.nullable().describe('Distinct ones in the report; null to callers who do not reach every workspace'), false_positives: falsePositives.nullable(),
};
export const LeakSummary = z.object(summary).meta({ id: 'LeakSummary' });
export type LeakSummary = z.infer<typeof LeakSummary>;
export const LeakPage = page(LeakSummary).meta({ id: 'LeakPage' });
export type LeakPage = z.infer<typeof LeakPage>;

export const LeakedKey = z.object({
  key_id: z.string(), kind: z.enum(issuedKinds), name: z.string(), workspace_id: z.string().nullable(), fingerprint: z.string(),
  owner: z.object({ owner_id: z.string(), name: z.string(), contact: z.string() }),
  state_when_reported: KeyState, state: KeyState, severity: Severity, proven: z.boolean().describe('The secret was presented, not only the id named'),
  type: z.string().describe('What the reporter calls it'), incident_id: z.string().nullable(), containment_id: z.string().nullable().describe('Of the revocation that followed by itself'),
  places: z.array(z.object({ url: z.string(), location: z.string() })).describe('At most 100'), reported_at: timestamp,
}).meta({ id: 'LeakedKey' });
export type LeakedKey = z.infer<typeof LeakedKey>;
export const Leak = z.object({ ...summary, keys: z.array(LeakedKey).describe('Those that the caller can see; the first 1,000') }).meta({ id: 'Leak' });
export type Leak = z.infer<typeof Leak>;

export const LeakQuery = z.strictObject({
  workspace: identifier(64).optional().describe('Of a leaked key'), key_id: identifier(64).optional(), source: identifier(64).optional(), ...pageQuery,
}).meta({ id: 'LeakQuery' });
export type LeakQuery = z.infer<typeof LeakQuery>;
