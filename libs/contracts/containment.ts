import { z } from 'zod';
import { ApiKey } from './credential.js';
import { identifier, text } from './text.js';

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
