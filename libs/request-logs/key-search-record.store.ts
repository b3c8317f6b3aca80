import { Injectable } from '@nestjs/common';
import { AuditTrail } from '@keytrail/audit-trail';
import type { Caller } from '@keytrail/platform';
import { Database } from '@keytrail/postgres';

/** What a caller asks for. */
export interface KeySearch {
  key_id?: string | undefined;
  key_fingerprint?: string | undefined;
  workspace?: string | undefined;
}

/** Who looks up what a key was used for learns what its owner does: such a read is recorded, unless the caller issued the key. */
@Injectable()
export class KeySearchRecord {
  constructor(private readonly database: Database, private readonly auditTrail: AuditTrail) {}

  /** Await it before the answer is given. Does nothing for a search that names no key. */
  async note(caller: Caller, action: 'request_logs.searched' | 'activity.read', search: KeySearch): Promise<void> {
    const { key_id, key_fingerprint } = search;
    const named = key_id ?? key_fingerprint;
    if (named === undefined) return;
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
