import { z } from 'zod';
import { identifier, page, pageQuery, timestamp } from './text.js';

export const AuditEntry = z.object({
  entry_id: z.number().int(), at: timestamp, actor: z.string(), actor_address: z.string(), action: z.string(), object_type: z.string(),
  object_id: z.string(), workspace_id: z.string().nullable(), reason: z.string().nullable(), request_id: z.string(),
  detail: z.record(z.string(), z.unknown()),
}).meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof AuditEntry>;
export const AuditPage = page(AuditEntry).meta({ id: 'AuditPage' });
export type AuditPage = z.infer<typeof AuditPage>;
export const AuditQuery = z.strictObject({
  workspace: identifier(64).optional(), object_id: identifier(256).optional(), ...pageQuery,
}).meta({ id: 'AuditQuery' });
export type AuditQuery = z.infer<typeof AuditQuery>;
