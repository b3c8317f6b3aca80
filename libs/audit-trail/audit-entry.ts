import type { AuditEntry } from '@keytrail/contracts';

/** A row of the table. */
export type AuditEntryRow = Omit<AuditEntry, 'at'> & { at: Date };

/** An entry as it is answered and as it is hashed. A member more would change the hashes of old entries: then the layout needs a new number. */
export const presentEntry = (row: AuditEntryRow): AuditEntry => ({
  entry_id: row.entry_id, at: row.at.toISOString(), actor: row.actor, actor_address: row.actor_address, action: row.action, object_type: row.object_type,
  object_id: row.object_id, workspace_id: row.workspace_id, reason: row.reason, request_id: row.request_id, detail: row.detail,
});
