import type { EscalationContact, IssuedKind, OwnerStatus, PublicJwk } from '@keytrail/contracts';

/** An owner as stored. */
export interface OwnerRow {
  owner_id: string; account_id: string; name: string; kind: 'person' | 'team'; contact: string; status: OwnerStatus; created_at: Date; left_at: Date | null;
  public_key: PublicJwk | null; email: string | null; handle: string | null; external_id: string | null;
  /** The import that tells of the owner; null for those that only people wrote down. */
  source: string | null;
  escalation: EscalationContact[];
}

/** An owner that an import makes. */
export type NewOwner = Pick<OwnerRow, 'name' | 'kind' | 'contact' | 'email' | 'handle' | 'external_id' | 'source' | 'escalation'> & { line: number };

export type OwnerPatch = Partial<Pick<OwnerRow, 'name' | 'contact' | 'email' | 'handle' | 'external_id' | 'status' | 'escalation' | 'source'>>;

/** A key that may be given to somebody else. */
export interface OwnedKey {
  key_id: string; name: string; service: string; owner_id: string; kind: IssuedKind;
  /** Null: of the account. */
  workspace_id: string | null;
}
