import { z } from 'zod';
import { identifier, page, pageQuery, text, timestamp } from './text.js';
import { CredentialKind } from './request-log.js';

export const Environment = z.enum(['production', 'staging', 'development', 'test']).meta({ id: 'Environment' });
export type Environment = z.infer<typeof Environment>;

export const CreateWorkspace = z.strictObject({
  workspace_id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and hyphens').optional(),
  name: text(120),
  environment: Environment,
}).meta({ id: 'CreateWorkspace' });
export type CreateWorkspace = z.infer<typeof CreateWorkspace>;

export const Workspace = z.object({
  workspace_id: z.string(), name: z.string(), environment: Environment, created_at: timestamp,
}).meta({ id: 'Workspace' });
export type Workspace = z.infer<typeof Workspace>;
export const WorkspaceList = z.object({ data: z.array(Workspace) }).meta({ id: 'WorkspaceList' });

export const CreateOwner = z.strictObject({
  name: text(120),
  kind: z.enum(['person', 'team']),
  contact: text(320).describe('How to reach them: an e-mail address, a chat channel, a pager'),
}).meta({ id: 'CreateOwner' });
export type CreateOwner = z.infer<typeof CreateOwner>;

export const Owner = z.object({
  owner_id: z.string(), name: z.string(), kind: z.enum(['person', 'team']), contact: z.string(),
  status: z.enum(['active', 'left']), created_at: timestamp,
}).meta({ id: 'Owner' });
export type Owner = z.infer<typeof Owner>;
export const OwnerList = z.object({ data: z.array(Owner) }).meta({ id: 'OwnerList' });

export const ApiKeyState = z.enum(['active', 'revoked', 'expired']).meta({ id: 'ApiKeyState' });
export type ApiKeyState = z.infer<typeof ApiKeyState>;

const scope = z.string().regex(/^[A-Za-z0-9_.:*/-]{1,128}$/, 'letters, digits and _ . : * / - only');

export const CreateApiKey = z.strictObject({
  workspace: identifier(64),
  service: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and hyphens')
    .describe('The service that uses the key'),
  name: text(120).optional().describe('Absent: `<service>-<environment>`'),
  owner_id: identifier(64),
  scopes: z.array(scope).max(100).default([]),
  expires_at: timestamp.optional(),
}).meta({ id: 'CreateApiKey' });
export type CreateApiKey = z.infer<typeof CreateApiKey>;

export const UpdateApiKey = z.object({
  name: text(120).optional(), owner_id: identifier(64).optional(), scopes: z.array(scope).max(100).optional(),
  expires_at: timestamp.nullable().optional(),
}).strict().refine((patch) => Object.keys(patch).length > 0, { message: 'nothing to change' }).meta({ id: 'UpdateApiKey' });
export type UpdateApiKey = z.infer<typeof UpdateApiKey>;

export const ApiKey = z.object({
  key_id: z.string(), kind: CredentialKind, workspace_id: z.string(), name: z.string(), service: z.string(),
  environment: Environment, owner: z.object({ owner_id: z.string(), name: z.string(), contact: z.string() }),
  scopes: z.array(z.string()), state: ApiKeyState, hint: z.string().describe('Last four characters of the key'),
  fingerprint: z.string().describe('How the key appears in request logs when only its secret was seen'),
  created_at: timestamp, created_by: z.string(), expires_at: timestamp.nullable(), rotated_at: timestamp.nullable(),
  revoked_at: timestamp.nullable(), revoked_by: z.string().nullable(), revoke_reason: z.string().nullable(),
  replaces: z.string().nullable(), replaced_by: z.string().nullable(),
}).meta({ id: 'ApiKey' });
export type ApiKey = z.infer<typeof ApiKey>;

export const CreatedApiKey = ApiKey.extend({ secret: z.string().describe('The bearer key. Shown once') })
  .meta({ id: 'CreatedApiKey' });
export type CreatedApiKey = z.infer<typeof CreatedApiKey>;

export const ApiKeyQuery = z.strictObject({
  workspace: identifier(64).optional(), owner_id: identifier(64).optional(), state: ApiKeyState.optional(), ...pageQuery,
}).meta({ id: 'ApiKeyQuery' });
export type ApiKeyQuery = z.infer<typeof ApiKeyQuery>;
export const ApiKeyPage = page(ApiKey).meta({ id: 'ApiKeyPage' });

export const RevokeQuery = z.strictObject({ reason: text(1000).optional() }).meta({ id: 'RevokeQuery' });
export type RevokeQuery = z.infer<typeof RevokeQuery>;

export const RevokeAndReplace = z.strictObject({
  reason: text(1000).describe('Why; kept in the audit trail'),
  incident_id: identifier(64).optional().describe('The incident this answers'),
}).meta({ id: 'RevokeAndReplace' });
export type RevokeAndReplace = z.infer<typeof RevokeAndReplace>;

export const Replacement = z.object({
  revoked: ApiKey, replacement: ApiKey,
  secret: z.string().nullable().describe('The new bearer key. Shown once: null when an Idempotency-Key is played again'),
  incident_id: z.string().nullable(), replayed: z.boolean(),
}).meta({ id: 'Replacement' });
export type Replacement = z.infer<typeof Replacement>;

export const IntrospectRequest = z.strictObject({
  token: z.string().min(1).max(4096),
  workspace: identifier(64).optional().describe('The workspace the call is for; a key of another is refused'),
  scope: scope.optional().describe('A scope the call needs'),
}).meta({ id: 'IntrospectRequest' });
export type IntrospectRequest = z.infer<typeof IntrospectRequest>;

export const RefusalReason = z.enum([
  'malformed', 'checksum_mismatch', 'unknown_key', 'revoked', 'expired', 'workspace_mismatch', 'insufficient_scope',
]).meta({ id: 'RefusalReason' });
export type RefusalReason = z.infer<typeof RefusalReason>;

/** The answer to `POST /v1/introspect`, after RFC 7662, with the reason of a refusal. */
export const Introspection = z.object({
  active: z.boolean(), reason: RefusalReason.optional(),
  key_id: z.string().optional().describe('Also with a refusal, when the key is known'),
  fingerprint: z.string().describe('Put it in the request log of a refused call'),
  kind: CredentialKind.optional(), workspace_id: z.string().optional(),
  owner: z.object({ owner_id: z.string(), name: z.string() }).optional(),
  scope: z.string().optional().describe('Scopes, separated by spaces'),
  environment: Environment.optional(), exp: z.number().int().optional(), iat: z.number().int().optional(),
}).meta({ id: 'Introspection' });
export type Introspection = z.infer<typeof Introspection>;
export type WorkspaceList = z.infer<typeof WorkspaceList>;
export type OwnerList = z.infer<typeof OwnerList>;
export type ApiKeyPage = z.infer<typeof ApiKeyPage>;
