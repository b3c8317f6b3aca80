import { z } from 'zod';
import { identifier, label, timestamp } from './text.js';

export const permissions = [
  'request-logs:write', 'request-logs:read', 'dead-letters:read', 'dead-letters:replay',
  'api-keys:read', 'api-keys:write', 'api-keys:revoke', 'service-tokens:read', 'service-tokens:write', 'service-tokens:revoke',
  'workspace-keys:read', 'workspace-keys:write', 'workspace-keys:revoke', 'public-keys:read', 'public-keys:write', 'public-keys:revoke',
  'signing-keys:read', 'signing-keys:write', 'signing-keys:revoke', 'introspect',
  'workspaces:read', 'workspaces:write', 'owners:read', 'owners:write',
  'findings:read', 'detection:tune', 'backtests:run', 'incidents:read', 'incidents:write', 'containments:read', 'containments:write', 'policy-violations:read',
  'leaks:read', 'leaks:write', 'alerts:read', 'alerts:write', 'alerts:silence', 'audit:read', 'audit:export', 'access:manage', 'metrics:read',
] as const;

/** What a route asks of its caller. */
export type Permission = (typeof permissions)[number];

export const Role = z.enum(['viewer', 'responder', 'admin', 'ingest', 'gateway', 'scanner']).meta({ id: 'Role' });
export type Role = z.infer<typeof Role>;

const reading: readonly Permission[] = [
  'request-logs:read', 'api-keys:read', 'service-tokens:read', 'workspace-keys:read', 'public-keys:read', 'signing-keys:read',
  'workspaces:read', 'owners:read', 'findings:read', 'incidents:read', 'containments:read', 'leaks:read',
  'policy-violations:read', 'alerts:read', 'metrics:read',
];

/** What each role may do. Machines (ingest, gateway, scanner) can read nothing back. */
export const rolePermissions: Record<Role, readonly Permission[]> = {
  viewer: reading,
  responder: [
    ...reading, 'dead-letters:read', 'backtests:run', 'incidents:write', 'containments:write', 'leaks:write', 'alerts:silence', 'api-keys:revoke', 'service-tokens:revoke', 'workspace-keys:revoke',
    'public-keys:revoke', 'signing-keys:revoke', 'audit:read',
  ],
  admin: permissions,
  ingest: ['request-logs:write'],
  gateway: ['introspect', 'request-logs:write'],
  scanner: ['leaks:write'],
};

export const CreateAccessToken = z.strictObject({
  name: label(120),
  role: Role,
  workspaces: z.array(identifier(64)).min(1).max(200).optional()
    .describe('Workspaces the token may act in; absent = all'),
  expires_at: timestamp.optional(),
}).meta({ id: 'CreateAccessToken' });
export type CreateAccessToken = z.infer<typeof CreateAccessToken>;

export const AccessToken = z.object({
  token_id: z.string(), name: z.string(), role: Role, workspaces: z.array(z.string()).nullable(),
  created_at: timestamp, created_by: z.string(), expires_at: timestamp.nullable(), revoked_at: timestamp.nullable(),
}).meta({ id: 'AccessToken' });
export type AccessToken = z.infer<typeof AccessToken>;

export const CreatedAccessToken = AccessToken.extend({ token: z.string().describe('Shown once') })
  .meta({ id: 'CreatedAccessToken' });
export type CreatedAccessToken = z.infer<typeof CreatedAccessToken>;

export const AccessTokenList = z.object({ data: z.array(AccessToken) }).meta({ id: 'AccessTokenList' });
export type AccessTokenList = z.infer<typeof AccessTokenList>;
