import { z } from 'zod';
import { label, timestamp } from './text.js';

export const Environment = z.enum(['production', 'staging', 'development', 'test']).meta({ id: 'Environment' });
export type Environment = z.infer<typeof Environment>;

const days = z.number().int().min(1).max(3650);

/** Days from a key's making to its rotation, for each kind that belongs to a workspace. */
export const RotationPolicy = z.object({
  api_key: days, workspace_key: days, public_key: days, signing_key: days,
}).meta({ id: 'RotationPolicy' });
export type RotationPolicy = z.infer<typeof RotationPolicy>;

const days_or_default = days.nullable().optional().describe('Days; null = what Keytrail proposes');
export const UpdateRotationPolicy = z.strictObject({
  api_key: days_or_default, workspace_key: days_or_default, public_key: days_or_default, signing_key: days_or_default,
}).meta({ id: 'UpdateRotationPolicy' });
export type UpdateRotationPolicy = z.infer<typeof UpdateRotationPolicy>;

const enhanced_security = z.boolean().describe('Refuse public keys that come without a signed user token');

export const CreateWorkspace = z.strictObject({
  workspace_id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and hyphens').optional(),
  name: label(120),
  environment: Environment,
  enhanced_security: enhanced_security.optional(),
  rotation_policy: UpdateRotationPolicy.optional(),
}).meta({ id: 'CreateWorkspace' });
export type CreateWorkspace = z.infer<typeof CreateWorkspace>;

export const UpdateWorkspace = z.strictObject({
  name: label(120).optional(), environment: Environment.optional(), enhanced_security: enhanced_security.optional(),
  rotation_policy: UpdateRotationPolicy.optional().describe('The kinds that are named change; keys of these kinds follow at once'),
}).refine((patch) => Object.keys(patch).length > 0, { message: 'nothing to change' }).meta({ id: 'UpdateWorkspace' });
export type UpdateWorkspace = z.infer<typeof UpdateWorkspace>;

export const Workspace = z.object({
  workspace_id: z.string(), name: z.string(), environment: Environment, enhanced_security, rotation_policy: RotationPolicy,
  created_at: timestamp,
}).meta({ id: 'Workspace' });
export type Workspace = z.infer<typeof Workspace>;
export const WorkspaceList = z.object({ data: z.array(Workspace) }).meta({ id: 'WorkspaceList' });
export type WorkspaceList = z.infer<typeof WorkspaceList>;
