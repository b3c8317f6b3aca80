import { Injectable } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import type { Caller } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';
import { namedIn, valueFilters } from './value-filters.js';

/** What a caller asks for. */
export interface KeySearch {
  key_id?: string | undefined;
  key_fingerprint?: string | undefined;
  workspace?: string | undefined;
  /** `field:value` words, which may name keys as well. */
  include?: readonly string[] | undefined;
}

/** Who looks up what a key was used for learns what its owner does: such a read is recorded, unless the caller issued the key. */
@Injectable()
export class KeySearchRecord {
  constructor(private readonly database: Database, private readonly auditTrail: AuditTrail) {}

  /** Await it before the answer is given. Does nothing for a search that names no key. */
  async note(caller: Caller, action: 'request_logs.searched' | 'activity.read', search: KeySearch): Promise<void> {
    const included = valueFilters(search.include ?? []);
    const ids = [...search.key_id === undefined ? [] : [search.key_id], ...namedIn(included, 'key_id')];
    const fingerprints = [...search.key_fingerprint === undefined ? [] : [search.key_fingerprint], ...namedIn(included, 'key_fingerprint')];
    for (const key_id of new Set(ids)) await this.noteKey(caller, action, search, { key_id });
    if (ids.length === 0) for (const key_fingerprint of new Set(fingerprints)) await this.noteKey(caller, action, search, { key_fingerprint });
  }

  private async noteKey(caller: Caller, action: string, search: KeySearch, { key_id, key_fingerprint }: { key_id?: string; key_fingerprint?: string }): Promise<void> {
    const named = (key_id ?? key_fingerprint)!;
    const key = await this.database.selectFrom('credentials').select(['key_id', 'workspace_id', 'created_by'])
      .where(key_id === undefined ? 'fingerprint' : 'key_id', '=', named).executeTakeFirst();
    if (key?.created_by === caller.actor) return;
    const { workspace = null, cursor: _, ...asked } = search as KeySearch & { cursor?: string };
    await this.auditTrail.recordRead(caller, {
      action, object_type: 'key', object_id: key?.key_id ?? named, workspace_id: key === undefined ? workspace : key.workspace_id,
      detail: { ...asked, ...(workspace !== null && { workspace }) },
    });
  }
}
