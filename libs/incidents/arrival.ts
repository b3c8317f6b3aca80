import type { DirectoryEntry } from '@keytrail/credentials';
import { presentFinding, type FindingRow } from '@keytrail/detection';
import type { Arrival } from './absorb.js';

/** A finding as its incident takes it in. `key`: what the registry has of its key; `newAddresses`: which of its addresses are new to the key. */
export function arrivalOf(finding: FindingRow, key: DirectoryEntry | undefined, newAddresses: readonly string[]): Arrival {
  const { evidence } = finding;
  const fromLog = finding.principal === '' ? null : { owner_id: null, name: finding.principal, contact: null };
  return {
    finding: { ...presentFinding(finding), first_seen: finding.first_seen, last_seen: finding.last_seen },
    subject: {
      key_id: finding.key_id, key_name: key?.name ?? '', principal: finding.principal, addresses: finding.addresses, registered: key !== undefined,
      kind: key?.kind, revoked: (key?.revoked_at ?? null) !== null,
    },
    owner: key === undefined ? fromLog : { owner_id: key.owner_id, name: key.owner_name, contact: key.owner_contact },
    new_addresses: newAddresses,
    agents: [...evidence.runtimes ?? [], ...evidence.user_agents ?? []], fingerprints: evidence.fingerprints ?? [],
  };
}
