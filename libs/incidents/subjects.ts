import type { KeyDirectory } from '@keytrail/credentials';
import type { IncidentRow } from './incident.store.js';
import type { Subject } from './narrative.js';

/**
 * Whom an incident is about: each of its keys, or its callers where it has none. What a log says of whose a key is counts where nobody else is meant: an
 * incident of several keys does not know which of them it was said of, and an owner from the registry has others.
 */
export function subjectsOf(row: IncidentRow, directory: Pick<KeyDirectory, 'findIn'>): Subject[] {
  if (row.key_ids.length === 0) return [{ key_id: '', key_name: '', principal: '', addresses: row.addresses, registered: false, revoked: false }];
  const principal = row.owner_id === null && row.key_ids.length === 1 ? row.owner_name ?? '' : '';
  return row.key_ids.map((keyId) => {
    const key = directory.findIn(row.workspace_id, keyId);
    return {
      key_id: keyId, key_name: key?.name ?? '', principal: key === undefined ? principal : '', addresses: row.addresses,
      registered: key !== undefined, kind: key?.kind, revoked: (key?.revoked_at ?? null) !== null,
    };
  });
}
