import { z } from 'zod';
import { scope } from './credential.js';
import { CredentialKind } from './request-log.js';
import { identifier } from './text.js';
import { Environment } from './workspace.js';

export const IntrospectRequest = z.strictObject({
  token: z.string().min(1).max(4096),
  workspace: identifier(64).optional().describe('The workspace the call is for; a key of another is refused'),
  scope: scope.optional().describe('A scope the call needs'),
}).meta({ id: 'IntrospectRequest' });
export type IntrospectRequest = z.infer<typeof IntrospectRequest>;

export const RefusalReason = z.enum([
  'malformed', 'checksum_mismatch', 'unknown_key', 'not_a_bearer_key', 'revoked', 'expired', 'workspace_mismatch', 'insufficient_scope',
]).meta({ id: 'RefusalReason' });
export type RefusalReason = z.infer<typeof RefusalReason>;

/** The answer to `POST /v1/introspect`, after RFC 7662, with the reason of a refusal. */
export const Introspection = z.object({
  active: z.boolean(),
  reason: RefusalReason.optional().describe('`not_a_bearer_key`: the id or the secret of a key that must not be sent alone'),
  key_id: z.string().optional().describe('Also with a refusal, when the key is known'),
  fingerprint: z.string().describe('Put it in the request log of a refused call'),
  kind: CredentialKind.optional(),
  workspace_id: z.string().optional(), account_wide: z.literal(true).optional().describe('The key belongs to no workspace: it is good in each'),
  owner: z.object({ owner_id: z.string(), name: z.string() }).optional(),
  scope: z.string().optional().describe('Scopes, separated by spaces'),
  environment: Environment.optional(), exp: z.number().int().optional(), iat: z.number().int().optional(),
}).meta({ id: 'Introspection' });
export type Introspection = z.infer<typeof Introspection>;
