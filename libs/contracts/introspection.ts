import { z } from 'zod';
import { scope } from './credential.js';
import { CredentialKind } from './request-log.js';
import { identifier } from './text.js';
import { Environment } from './workspace.js';

/** A request that was signed with the secret of a workspace key, as it came to the gateway. */
export const SignedRequest = z.strictObject({
  public_id: z.string().min(1).max(256).describe('Of the workspace key: header X-Keytrail-Key'),
  timestamp: z.string().max(32).describe('Unix seconds: header X-Keytrail-Timestamp'),
  nonce: z.string().max(256).describe('16 to 64 letters, digits, - and _: header X-Keytrail-Nonce'),
  signature: z.string().max(256).describe('Hex of the HMAC-SHA256: header X-Keytrail-Signature'),
  method: z.string().min(1).max(32),
  path: z.string().min(1).max(8192).describe('As it was sent, before the question mark'),
  query: z.string().max(8192).default('').describe('As it was sent, after the question mark; empty when there is none'),
  body_sha256: z.string().max(128).describe('Hex of the SHA-256 of the body as it was received; of nothing when there is none'),
}).meta({ id: 'SignedRequest' });
export type SignedRequest = z.infer<typeof SignedRequest>;

const presented = ['token', 'signed_request', 'public_key'] as const;

export const IntrospectRequest = z.strictObject({
  token: z.string().min(1).max(4096).optional().describe('A bearer key'),
  signed_request: SignedRequest.optional(),
  public_key: z.string().min(1).max(256).optional().describe('The id of a public key'),
  user_token: z.string().min(1).max(8192).optional().describe('Beside public_key: the signed token of the user, a JWT'),
  tenant: identifier(256).optional().describe('Beside public_key: the tenant the call is for; absent = `default`'),
  workspace: identifier(64).optional().describe('The workspace the call is for; a key of another is refused'),
  scope: scope.optional().describe('A scope the call needs'),
}).refine((request) => presented.filter((name) => request[name] !== undefined).length === 1, { message: `exactly one of ${presented.join(', ')} must be there` })
  .refine((request) => request.public_key !== undefined || (request.user_token === undefined && request.tenant === undefined), { message: 'user_token and tenant go with public_key' })
  .meta({ id: 'IntrospectRequest' });
export type IntrospectRequest = z.infer<typeof IntrospectRequest>;

export const MOST_INTROSPECTIONS = 1_000;

/** What does not fit the schema is refused by itself: a client of the gateway must not spoil the answers of others. */
export const IntrospectBatch = z.strictObject({
  items: z.array(IntrospectRequest.nullable().catch(null)).min(1).max(MOST_INTROSPECTIONS),
}).meta({ id: 'IntrospectBatch' });
export type IntrospectBatch = z.infer<typeof IntrospectBatch>;

/** Why something is refused, and what a gateway answers then. The list is closed. */
export const refusalStatus = {
  malformed: 401, checksum_mismatch: 401, unknown_key: 401, not_a_bearer_key: 401, wrong_kind: 401, revoked: 401, expired: 401, other_authority: 401,
  workspace_mismatch: 403, insufficient_scope: 403,
  timestamp_out_of_window: 401, bad_signature: 401, nonce_replayed: 401,
  user_token_required: 401, user_token_malformed: 401, user_token_algorithm: 401, user_token_unknown_signer: 401, user_token_signer_revoked: 401,
  user_token_signer_expired: 401, user_token_bad_signature: 401, user_token_expired: 401, user_token_not_yet_valid: 401,
  user_token_too_long_lived: 401, user_token_claims: 401,
  tenant_mismatch: 403,
} as const satisfies Record<string, 401 | 403>;

export const RefusalReason = z.enum(Object.keys(refusalStatus) as (keyof typeof refusalStatus)[]).meta({ id: 'RefusalReason' });
export type RefusalReason = keyof typeof refusalStatus;

/** The answer to `POST /v1/introspect`, after RFC 7662, with the reason of a refusal. */
export const Introspection = z.object({
  active: z.boolean(),
  reason: RefusalReason.optional().describe('`not_a_bearer_key`: the id or the secret of a key that must not be sent alone; `wrong_kind`: the id of a key of another kind; `other_authority`: a key of the key platform, which alone can tell whether it is good'),
  key_id: z.string().optional().describe('Also with a refusal, when the key is known'),
  fingerprint: z.string().optional().describe('Put it in the request log of a refused call. Absent when nothing was presented that could be told'),
  kind: CredentialKind.optional(),
  workspace_id: z.string().optional(), account_wide: z.literal(true).optional().describe('The key belongs to no workspace: it is good in each'),
  owner: z.object({ owner_id: z.string(), name: z.string() }).optional(),
  scope: z.string().optional().describe('Scopes, separated by spaces'),
  environment: Environment.optional(),
  exp: z.number().int().optional().describe('Unix seconds: what is presented is good no longer than this'), iat: z.number().int().optional(),
  subject: z.object({ entity_type: z.literal('subscriber'), entity_id: z.string(), tenant_id: z.string() }).optional().describe('Whom the user token names'),
  signing_key_id: z.string().optional().describe('The key the user token was signed with: forget the answer when this one is revoked, too'),
}).meta({ id: 'Introspection' });
export type Introspection = z.infer<typeof Introspection>;

export const IntrospectionList = z.object({ data: z.array(Introspection).describe('In the order of the items') }).meta({ id: 'IntrospectionList' });
export type IntrospectionList = z.infer<typeof IntrospectionList>;
