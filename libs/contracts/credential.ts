import { z } from 'zod';
import { KeyAuthorityName } from './remote-key.js';
import { CredentialKind } from './request-log.js';
import { identifier, label, page, pageQuery, remark, timestamp } from './text.js';
import { Environment } from './workspace.js';

/** The five kinds of keys that the registry issues, in the order of the paths under which they are served. */
export const issuedKinds = ['api_key', 'service_token', 'workspace_key', 'public_key', 'signing_key'] as const;
export type IssuedKind = (typeof issuedKinds)[number];

export const KeyState = z.enum(['active', 'revoked', 'expired']).meta({ id: 'KeyState' });
export type KeyState = z.infer<typeof KeyState>;

export const scope = z.string().regex(/^[A-Za-z0-9_.:*/-]{1,128}$/, 'letters, digits and _ . : * / - only');
const scopes = z.array(scope).max(100);

const asked = {
  service: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and hyphens')
    .describe('The service that uses the key'),
  name: label(120).optional().describe('Absent: `<service>-<environment>`'),
  owner_id: identifier(64),
  expires_at: timestamp.optional(),
  canary: z.boolean().optional().describe('Nobody may use it: it is laid out to be found, and any use raises an alarm. Keys of the registry only'),
  rotation_due_at: timestamp.optional().describe('Absent: as the rotation policy says, which is also the latest'),
};
const ofWorkspace = { workspace: identifier(64), ...asked };

const changed = {
  name: label(120).optional(), owner_id: identifier(64).optional(), expires_at: timestamp.nullable().optional(), canary: z.boolean().optional(),
  rotation_due_at: timestamp.nullable().optional().describe('null = as the rotation policy says'),
};
const changesSomething = [(patch: object) => Object.keys(patch).length > 0, { message: 'nothing to change' }] as const;

const shown = {
  key_id: z.string(), kind: CredentialKind, authority: KeyAuthorityName, name: z.string(), service: z.string(), environment: Environment,
  owner: z.object({ owner_id: z.string(), name: z.string(), contact: z.string() }), scopes: z.array(z.string()), state: KeyState,
  hint: z.string().describe('Last four characters of the key, or of its public id; empty when Keytrail never saw them'),
  fingerprint: z.string().describe('How the key appears in request logs when only what was presented was seen. Of a remote key whose secret Keytrail never saw: that of its id'),
  created_at: timestamp, created_by: z.string(), expires_at: timestamp.nullable(),
  rotated_at: timestamp.nullable().describe('When it took the place of the key it replaces'), rotation_due_at: timestamp,
  last_used_at: timestamp.nullable().optional()
    .describe('Latest request in the logs; null = none was seen, absent = the request logs could not be asked'),
  revoked_at: timestamp.nullable(), revoked_by: z.string().nullable(), revoke_reason: z.string().nullable(),
  replaces: z.string().nullable(), replaced_by: z.string().nullable(),
  canary: z.boolean().describe('Nobody may use it: any use raises an alarm'),
};
const shownOfWorkspace = { ...shown, workspace_id: z.string() };

const replayed = z.boolean().describe('This is the answer to an earlier call with the same Idempotency-Key');
const once = (what: string) => z.string().nullable().describe(`${what}. Shown once: null when an Idempotency-Key is played again`);

// API keys: bearer, of one workspace.
export const CreateApiKey = z.strictObject({
  ...ofWorkspace, scopes: scopes.default([]), authority: KeyAuthorityName.optional().describe('Who is to keep it. Absent: the registry'),
}).meta({ id: 'CreateApiKey' });
export type CreateApiKey = z.infer<typeof CreateApiKey>;
export const UpdateApiKey = z.strictObject({ ...changed, scopes: scopes.optional() }).refine(...changesSomething).meta({ id: 'UpdateApiKey' });
export type UpdateApiKey = z.infer<typeof UpdateApiKey>;
export const ApiKey = z.object(shownOfWorkspace).meta({ id: 'ApiKey' });
export type ApiKey = z.infer<typeof ApiKey>;
export const ApiKeyPage = page(ApiKey).meta({ id: 'ApiKeyPage' });
export type ApiKeyPage = z.infer<typeof ApiKeyPage>;
const bearerSecret = { secret: once('The bearer key') };
export const IssuedApiKey = ApiKey.extend({ ...bearerSecret, replayed }).meta({ id: 'IssuedApiKey' });
export type IssuedApiKey = z.infer<typeof IssuedApiKey>;
/** The first answer, which holds the secret: what a caller without an Idempotency-Key gets. */
export const CreatedApiKey = IssuedApiKey.extend({ secret: z.string() }).meta({ id: 'CreatedApiKey' });
export type CreatedApiKey = z.infer<typeof CreatedApiKey>;

// Service tokens: bearer, of the account.
export const CreateServiceToken = z.strictObject({ ...asked, environment: Environment, scopes: scopes.default([]) }).meta({ id: 'CreateServiceToken' });
export type CreateServiceToken = z.infer<typeof CreateServiceToken>;
export const UpdateServiceToken = z.strictObject({ ...changed, scopes: scopes.optional() }).refine(...changesSomething).meta({ id: 'UpdateServiceToken' });
export type UpdateServiceToken = z.infer<typeof UpdateServiceToken>;
export const ServiceToken = z.object({ ...shown, workspace_id: z.null().describe('It belongs to the account and is good in every workspace') })
  .meta({ id: 'ServiceToken' });
export type ServiceToken = z.infer<typeof ServiceToken>;
export const ServiceTokenPage = page(ServiceToken).meta({ id: 'ServiceTokenPage' });
export type ServiceTokenPage = z.infer<typeof ServiceTokenPage>;
export const IssuedServiceToken = ServiceToken.extend({ ...bearerSecret, replayed }).meta({ id: 'IssuedServiceToken' });
export type IssuedServiceToken = z.infer<typeof IssuedServiceToken>;

// Workspace keys: a public id and a secret that signs.
export const CreateWorkspaceKey = z.strictObject({ ...ofWorkspace, scopes: scopes.default([]) }).meta({ id: 'CreateWorkspaceKey' });
export type CreateWorkspaceKey = z.infer<typeof CreateWorkspaceKey>;
export const UpdateWorkspaceKey = z.strictObject({ ...changed, scopes: scopes.optional() }).refine(...changesSomething).meta({ id: 'UpdateWorkspaceKey' });
export type UpdateWorkspaceKey = z.infer<typeof UpdateWorkspaceKey>;
export const WorkspaceKey = z.object({ ...shownOfWorkspace, public_id: z.string().describe('Names the key in a signed request') })
  .meta({ id: 'WorkspaceKey' });
export type WorkspaceKey = z.infer<typeof WorkspaceKey>;
export const WorkspaceKeyPage = page(WorkspaceKey).meta({ id: 'WorkspaceKeyPage' });
export type WorkspaceKeyPage = z.infer<typeof WorkspaceKeyPage>;
const signingSecret = { secret: once('The secret that signs requests; it is never sent') };
export const IssuedWorkspaceKey = WorkspaceKey.extend({ ...signingSecret, replayed }).meta({ id: 'IssuedWorkspaceKey' });
export type IssuedWorkspaceKey = z.infer<typeof IssuedWorkspaceKey>;

// Public keys: an id for client SDKs, no secret.
export const CreatePublicKey = z.strictObject({ ...ofWorkspace, scopes: scopes.default([]) }).meta({ id: 'CreatePublicKey' });
export type CreatePublicKey = z.infer<typeof CreatePublicKey>;
export const UpdatePublicKey = z.strictObject({ ...changed, scopes: scopes.optional() }).refine(...changesSomething).meta({ id: 'UpdatePublicKey' });
export type UpdatePublicKey = z.infer<typeof UpdatePublicKey>;
export const PublicKey = z.object({ ...shownOfWorkspace, public_id: z.string().describe('The key as client SDKs send it; no secret') })
  .meta({ id: 'PublicKey' });
export type PublicKey = z.infer<typeof PublicKey>;
export const PublicKeyPage = page(PublicKey).meta({ id: 'PublicKeyPage' });
export type PublicKeyPage = z.infer<typeof PublicKeyPage>;
export const IssuedPublicKey = PublicKey.extend({ replayed }).meta({ id: 'IssuedPublicKey' });
export type IssuedPublicKey = z.infer<typeof IssuedPublicKey>;

// Signing keys: an ES256 pair that signs user tokens.
export const VerificationJwk = z.object({
  kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string(), kid: z.string(), alg: z.literal('ES256'), use: z.literal('sig'),
}).meta({ id: 'VerificationJwk' });
export type VerificationJwk = z.infer<typeof VerificationJwk>;
export const VerificationJwks = z.object({ keys: z.array(VerificationJwk) }).meta({ id: 'VerificationJwks' });
export type VerificationJwks = z.infer<typeof VerificationJwks>;
export const CreateSigningKey = z.strictObject(ofWorkspace).meta({ id: 'CreateSigningKey' });
export type CreateSigningKey = z.infer<typeof CreateSigningKey>;
export const UpdateSigningKey = z.strictObject(changed).refine(...changesSomething).meta({ id: 'UpdateSigningKey' });
export type UpdateSigningKey = z.infer<typeof UpdateSigningKey>;
export const SigningKey = z.object({ ...shownOfWorkspace, kid: z.string().describe('RFC 7638 thumbprint; the `kid` of user tokens'), public_jwk: VerificationJwk })
  .meta({ id: 'SigningKey' });
export type SigningKey = z.infer<typeof SigningKey>;
export const SigningKeyPage = page(SigningKey).meta({ id: 'SigningKeyPage' });
export type SigningKeyPage = z.infer<typeof SigningKeyPage>;
const privatePart = {
  private_key_pem: once('The private key in PKCS#8'), private_key_pem_base64: once('The same in base64, for a variable of one line'),
};
export const IssuedSigningKey = SigningKey.extend({ ...privatePart, replayed }).meta({ id: 'IssuedSigningKey' });
export type IssuedSigningKey = z.infer<typeof IssuedSigningKey>;

// For all kinds.
export const KeyQuery = z.strictObject({
  workspace: identifier(64).optional(), owner_id: identifier(64).optional(), state: KeyState.optional(), ...pageQuery,
}).meta({ id: 'KeyQuery' });
export type KeyQuery = z.infer<typeof KeyQuery>;

export const RevokeQuery = z.strictObject({ reason: remark(1000).optional() }).meta({ id: 'RevokeQuery' });
export type RevokeQuery = z.infer<typeof RevokeQuery>;

/** What can be answered of a key, of whatever kind. */
export type AnyKey = ApiKey | ServiceToken | WorkspaceKey | PublicKey | SigningKey;

export const RewrapSecrets = z.strictObject({
  limit: z.number().int().min(1).max(10_000).default(1_000).describe('Secrets one call encrypts anew at most'),
}).meta({ id: 'RewrapSecrets' });
export type RewrapSecrets = z.infer<typeof RewrapSecrets>;

export const RewrapResult = z.object({
  version: z.number().int().describe('The newest wrapping key, under which they are now'), rewrapped: z.number().int(), remaining: z.number().int(),
}).meta({ id: 'RewrapResult' });
export type RewrapResult = z.infer<typeof RewrapResult>;
