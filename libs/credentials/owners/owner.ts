import type { Owner } from '@keytrail/contracts';
import type { OwnerRow } from './owner-row.js';

export const presentOwner = (row: OwnerRow): Owner => ({
  owner_id: row.owner_id, name: row.name, kind: row.kind, contact: row.contact, status: row.status, public_key: row.public_key,
  email: row.email, handle: row.handle, external_id: row.external_id, escalation: row.escalation, source: row.source,
  created_at: row.created_at.toISOString(), left_at: row.left_at?.toISOString() ?? null,
});

/** What may be changed of an owner, as the audit trail tells it. */
export const changeable = ({ name, contact, status, public_key, email, handle, external_id, escalation }: OwnerRow) =>
  ({ name, contact, status, public_key, email, handle, external_id, escalation });
